"""What is said of a model, in English and Chinese."""

WORDS = {
    "model": ("Model of scores", "评分模型"),
    "as_of": ("Learnt up to", "训练截至"),
    "spend": ("Spend", "消费额口径"),
    "net": ("net: less refunds", "净额（扣除退款）"),
    "gross": ("gross: refunds make no difference", "总额（不计退款）"),
    "customers": ("Customers / of them came back", "客户数 / 其中复购"),
    "bgnbd": ("BG/NBD, in days", "BG/NBD（单位：天）"),
    "gammagamma": ("Gamma-Gamma, in minor units", "Gamma-Gamma（单位：最小货币单位）"),
    "likelihood": ("Log-likelihood", "对数似然"),
    "horizon": ("Days ahead / months of 30 days / discount a month", "预测天数 / 月数（30 天）/ 月折现率"),
}
