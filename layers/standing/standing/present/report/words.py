"""What a report says, in English and Chinese. Names in braces are filled in."""

from __future__ import annotations

from typing import Any, Literal

from standing.values.counted import Counted

type Language = Literal["en", "zh"]

LANGUAGES: tuple[Language, ...] = ("en", "zh")

WORDS: dict[str, tuple[str, str]] = {
    "title": ("The night of {day}", "夜间报告 {day}"),
    "headline": (
        "{customers:customer|customers}, each rescored to the end of {day} · rules {rules}",
        "共{customers}位客户，均已重评至{day}日终 · 规则版本 {rules}",
    ),
    "left_out": (
        "Without {count:customer|customers} of whom the lake lacks something.",
        "未计入数据湖缺少部分数据的{count}位客户。",
    ),
    # What needs attention
    "attention": ("What needs attention", "需要关注"),
    "all_well": (
        "Nothing. Every bucket is done, and the lake agrees with every state.",
        "无。所有分桶均已完成，数据湖与全部客户状态一致。",
    ),
    "failed": (
        "{count} of {buckets:bucket|buckets} failed: {names}. Mend the cause, then `standing night --day {day}`: it "
        "does these alone.",
        "{buckets}个分桶中有{count}个失败：{names}。排除原因后运行 `standing night --day {day}`，只会重做这些分桶。",
    ),
    "wrong": (
        "Damaged or faulty files and buckets: {count}. They are named below, with the way out.",
        "有{count}个文件或分桶损坏或有误，名称与处理办法见下文。",
    ),
    "unanswered": (
        "Care actions that ended unanswered on {day}: {count} ({rules}), of {names}; `{command}` lists them.",
        "{day}逾期未回应的关怀动作：{count}项（{rules}），涉及{names}。完整名单：`{command}`。",
    ),
    "differ": (
        "Features that differ between states and lake: {count}, of {names}. `standing rebuild` folds a customer anew.",
        "客户状态与数据湖有{count}处特征不一致，涉及{names}：可用 `standing rebuild` 重算单个客户。",
    ),
    "incomplete": (
        "Customers of whom the lake lacks something: {count}: {names}. `standing lake gaps --refill` brings it back.",
        "数据湖缺少{count}位客户的部分数据：{names}。运行 `standing lake gaps --refill` 补齐。",
    ),
    "busy": (
        "Customers who kept changing, and are left to the next night: {count}.",
        "{count}位客户持续变动，留待次夜处理。",
    ),
    "backfill_begun": (
        "The backfill {run} began on {day} and did not end: its command again goes on where it was, "
        "`standing backfill --retract {run}` takes it back.",
        "历史导入 {run} 于{day}开始，尚未完成：重新运行原命令即可继续，或用 `standing backfill --retract {run}` 撤回。",
    ),
    "backfill_retracting": (
        "The backfill {run} of {day} is taken back half-way: `standing backfill --retract {run}` goes on.",
        "历史导入 {run}（{day}）的撤回尚未完成：运行 `standing backfill --retract {run}` 继续。",
    ),
    "silent": (
        "{source} sent nothing on {days}, though it sends on most days.",
        "数据源 {source} 平时几乎每天都有数据，但在{days}没有发送。",
    ),
    "many_rejected": (
        "{share} of what {source} sent on {day} was rejected: `standing rejected list` says why.",
        "数据源 {source} 在{day}的事件有{share}被拒收：原因见 `standing rejected list`。",
    ),
    "drifted": (
        "{what} drifted since the end of {month}: PSI {psi}. From 0.25 on customers are others than the rules "
        "were made for.",
        "{what} 自{month}末以来发生漂移：PSI 为{psi}。达到0.25说明客户结构已与制定规则时明显不同。",
    ),
    "drifted_more": ("{count} more drifted as far: see Drift.", "另有{count}项发生同样程度的漂移，见“漂移”部分。"),
    # Sections
    "levels": ("Customers by level", "各等级客户数"),
    "levels_how": ("How many customers each level has at the end of the day.", "当日结束时各等级的客户数。"),
    "levels_who": (
        "Who has a level: `{command}` lists them.",
        "查看某一等级的客户名单：`{command}`。",
    ),
    "trend": ("Levels, night by night", "各等级客户数逐夜走势"),
    "trend_how": (
        "The nights from {first} to {last}: each line from its least to its most, with the first and the last number.",
        "{first}至{last}的各夜：每条线按自身最小值与最大值绘制，两端为首夜与末夜的客户数。",
    ),
    "moved_today": ("Who moved", "当日等级变动"),
    "moved_how": (
        "Announced changes of levels that took effect on {day}, with the first customers by id.",
        "于{day}生效的已公布等级变动，列出编号靠前的客户。",
    ),
    "nobody_moved": ("No announced level changed with effect on {day}.", "没有于{day}生效的等级变动。"),
    "from_to": ("From → to", "变动"),
    "rating": ("Rating", "评级"),
    "who": ("Who", "客户"),
    "all_of_them": ("All of them", "完整名单"),
    "migration": ("Migration", "等级迁移"),
    "migration_how": (
        "Who stood where at the end of {month}, and where they stand now. A row is a level then, a column a level "
        "now; blue is up (for levels without an order, any move), red is down.",
        "{month}末处于各等级的客户如今在哪里。行为当时等级，列为当前等级；蓝色为上升（无高低之分的评级为任何变动），红色为下降。",
    ),
    "then": ("End of {month}", "{month}末"),
    "now": ("Now", "当前"),
    "newcomers": ("{count:customer is|customers are} new since then.", "此后新增{count}位客户。"),
    "no_month": (
        "There is no end of a month to compare with yet: from the first night of next month on there is.",
        "尚无月末数据可比较：自下月首夜起即有。",
    ),
    "rfm": ("RFM: recency, frequency, value", "RFM：最近一次消费、频次、金额"),
    "rfm_how": (
        "Rows: how lately customers bought (5 most lately). Columns: how often and for how much (5 most). In a "
        "cell: customers, and below what they spent in a year, in {currency}.",
        "行：最近一次消费（5为最近）；列：频次与金额（5为最高）。格内上为客户数，下为近一年净消费（{currency}）。",
    ),
    "no_scores": (
        "No scores yet: a model needs customers who came back. The night learns one as soon as there are enough.",
        "暂无评分：模型需要足够多的复购客户，一旦满足，夜间任务会自动训练。",
    ),
    "r_axis": ("Recency", "最近消费"),
    "fm_axis": ("Frequency and value", "频次与金额"),
    "segments": ("Customers by segment", "各细分客户数"),
    "churn": ("Chance of having left", "流失概率分布"),
    "churn_how": (
        "How many customers the model gives which chance of having left for good.",
        "模型估计的永久流失概率，以及对应的客户数。",
    ),
    "learnt": (
        "Learnt from the purchases up to {day} (model {hash}).",
        "模型依据截至{day}的消费记录训练（模型 {hash}）。",
    ),
    "care": ("Care", "客户关怀"),
    "care_how": (
        "What fell due on the day (and in the 30 days up to it): sent, held back and why, missed because it was known "
        "too late, and how it was answered.",
        "当日（括号内为近30天）到期的关怀动作：已发起、未执行及原因、因得知太晚而错过，以及回应情况。",
    ),
    "no_care": (
        "No care action was decided in the 30 days up to {day}; what came after is in the next report.",
        "截至{day}的30天内没有关怀决策；其后发生的将计入下一份报告。",
    ),
    "care_rule": ("Care rule", "关怀规则"),
    "sent": ("Sent", "已发起"),
    "missed": ("Missed", "错过"),
    "held/consent": ("No consent", "未获同意"),
    "held/contact-cap": ("Contact cap", "联系上限"),
    "held/never-together": ("Contradicts another", "与其他行动冲突"),
    "held/holdout": ("Control group", "对照组"),
    "accepted": ("Accepted", "已接受"),
    "done": ("Done", "已完成"),
    "declined": ("Declined", "已拒绝"),
    "failed_care": ("Failed", "失败"),
    "expired": ("Not done in time", "逾期未完成"),
    "a_day_a_month": ("{day} ({month})", "{day}（{month}）"),
    "quality": ("Data quality", "数据质量"),
    "quality_how": (
        "By source and day of arrival, the last 7 days: events, and of them late, repeated and rejected.",
        "按数据源与到达日（近7天）：事件数，以及其中迟到、重复与被拒收的数量。",
    ),
    "no_quality": (
        "No events arrived in the 30 days up to {day}; what came after is in the next report.",
        "截至{day}的30天内没有事件到达；其后到达的将计入下一份报告。",
    ),
    "source": ("Source", "数据源"),
    "day": ("Day", "日期"),
    "events": ("Events", "事件数"),
    "late": ("Late", "迟到"),
    "duplicates": ("Repeated", "重复"),
    "rejected": ("Rejected", "被拒收"),
    "refunds_how": (
        "A refund takes its amount off the day of the purchase that it names; without a known one, off its own day.",
        "退款金额从其所指购买的当日扣除；未指明购买或所指购买未知时，从退款当日扣除。",
    ),
    "refunds_refunds": ("Refunds in 30 days", "30天退款数"),
    "refunds_unnamed": ("without a purchase", "未指明购买"),
    "refunds_unknown": ("of an unknown purchase", "所指购买未知"),
    "odd": ("Odd, but worked with", "数据异常（仍已计入）"),
    "nothing": ("nothing", "无数据"),
    "reconciliation": ("Reconciliation", "对账"),
    "reconciled": (
        "{count:customer|customers} changed since the night before; the features were worked out from the lake again, "
        "and compared with the states to the last digit: {differences:difference|differences}.",
        "自前一夜以来有{count}位客户发生变化；其特征已由数据湖重新计算，并与客户状态逐位比对：{differences}处不一致。",
    ),
    "customer": ("Customer", "客户"),
    "feature": ("Feature", "特征"),
    "in_state": ("In the state", "客户状态中"),
    "in_lake": ("From the lake", "由数据湖计算"),
    "ratings": ("How the ratings did", "评级效果"),
    "ratings_how": (
        "What customers of each level did in the 90 days after the end of {month}. A rating that is of use tells its "
        "levels apart here.",
        "{month}末处于各等级的客户在此后90天的表现。有用的评级在这里应能区分各等级。",
    ),
    "no_after": (
        "There is no end of a month that lies 90 days back yet.",
        "尚无90天以前的月末数据。",
    ),
    "level": ("Level", "等级"),
    "customers": ("Customers", "客户数"),
    "buyers": ("Bought again", "有购买的比例"),
    "spend_each": ("Spend a customer", "人均消费"),
    "complaints_100": ("Complaints a hundred", "每百人投诉数"),
    "changes": ("How often announced levels changed in a year", "近一年已公布等级的变动次数"),
    "changes_how": (
        "A level that changes often is one that nobody can rely on.",
        "频繁变动的等级难以让人信赖。",
    ),
    "times": ("{times} times", "{times}次"),
    "drift": ("Drift", "漂移"),
    "drift_how": (
        "Population stability index since the end of {month}: below 0.1 nothing to speak of, from 0.25 on a change.",
        "自{month}末以来的群体稳定性指数（PSI）：低于0.1可忽略，达到0.25为显著变化。",
    ),
    "psi": ("PSI", "PSI"),
    "steady": ("steady", "稳定"),
    "some_shift": ("watch", "留意"),
    "large_shift": ("changed", "显著变化"),
    "run": ("The run", "运行情况"),
    "run_how": (
        "{buckets:bucket|buckets} from {started} to {ended} UTC; the slowest took {slowest} s, all of them {all} s.",
        "{buckets}个分桶，UTC {started} 至 {ended}；最慢的分桶用时{slowest}秒，合计{all}秒。",
    ),
    "used": (
        "Used: {gb_seconds} GB-seconds of Lambda, {write_units} write units and {read_units} read units of DynamoDB; "
        "about {usd} USD.",
        "用量：Lambda {gb_seconds} GB·秒，DynamoDB 写单元{write_units}、读单元{read_units}；约{usd}美元。",
    ),
    "moved": ("{count:customer|customers} moved by the night", "{count}位客户状态有变化"),
    "decisions": ("{count:decision|decisions}", "{count}项决策"),
    "asked": ("{count:care action|care actions} sent", "发起{count}项关怀"),
    "agree": ("lake and states agree", "数据湖与状态一致"),
    "disagree": ("{count:difference|differences} between lake and states", "数据湖与状态{count}处不一致"),
    "cost": ("about {usd} USD", "约{usd}美元"),
    "file": ("File", "文件"),
    "what": ("What is wrong", "问题"),
    "way_out": (
        "Damaged objects lie under `aside/` for 30 days. If a bucket's own file is damaged, restore the version "
        "before it, or delete it and run `standing lake gaps --refill`.",
        "损坏的对象会在 `aside/` 下保留30天。若分桶自身的文件损坏，请恢复其上一版本，"
        "或删除后运行 `standing lake gaps --refill`。",
    ),
    "report_is": (
        "The report as a page: `standing report --out report.html`",
        "网页版报告：`standing report --out report.html`",
    ),
}


def phrase(name: str, language: Language, **parts: Any) -> str:  # noqa: ANN401 -- whatever is filled in
    """A phrase with its parts filled in; whole numbers with separators."""
    filled = {key: Counted(value) if isinstance(value, int) else value for key, value in parts.items()}
    return WORDS[name][language == "zh"].format(**filled)


def titled(title: Any, language: Language) -> str:  # noqa: ANN401 -- a title of the rules
    """A title of the rules."""
    return str(title.zh if language == "zh" else title.en)
