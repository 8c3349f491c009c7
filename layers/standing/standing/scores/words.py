"""What is said of a model, in English and Chinese."""

from standing.values.messages import Messages

WORDS = Messages(
    "scores",
    {
        "model": "Model of scores",
        "as_of": "Learnt up to",
        "spend": "Spend",
        "net": "net: less refunds",
        "gross": "gross: refunds make no difference",
        "customers": "Customers / of them came back",
        "bgnbd": "BG/NBD, in days",
        "gammagamma": "Gamma-Gamma, in minor units",
        "likelihood": "Log-likelihood",
        "horizon": "Days ahead / months of 30 days / discount a month",
    },
)
