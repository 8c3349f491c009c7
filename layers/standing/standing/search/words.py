"""What is said of customers that are found, in English and Chinese."""

from functools import partial

from standing.present.language import phrase_of, phrases

WORDS = phrases(
    ("found", "Customers as of the end of {day}: {total}", "截至 {day} 日终的客户：{total} 位"),
    (
        "found_live",
        "Customers as of now, {day}, read from the table: {total}",
        "截至目前（{day}，读自数据表）的客户：{total} 位",
    ),
    (
        "nearest",
        "no standing of {asked} is kept: the nearest one is that of {day}",
        "未保存 {asked} 的客户状态，以最接近的 {day} 代替",
    ),
    (
        "older",
        "{customers} of those looked at are of {day}: their part of the night failed since (`standing report`)",
        "其中 {customers} 位客户的状态为 {day} 的：此后所在分桶的夜间任务失败（见 `standing report`）",
    ),
    (
        "lacking",
        "`{fact}` is unknown in {files} of the files, which are of before it was defined",
        "有 {files} 个文件早于 `{fact}` 的定义，其中该特征按未知处理",
    ),
    ("cut", "the first {shown} are shown; `--limit 0` shows all of them", "仅显示前 {shown} 条；`--limit 0` 显示全部"),
    (
        "moved",
        "Moves of {rating}, effective from {since} on: {total}",
        "{rating}自 {since} 起生效的等级变动：{total} 次",
    ),
    (
        "moved_between",
        "Moves of {rating}, effective from {since} to {until}: {total}",
        "{rating}于 {since} 至 {until} 生效的等级变动：{total} 次",
    ),
    ("care_open", "Care actions that are open on {day}: {total}", "截至 {day} 未完结的关怀：{total} 项"),
    ("care_all", "Care actions that were asked for, as of {day}: {total}", "截至 {day} 已发起的关怀：{total} 项"),
    ("written", "written: {file}", "已写入：{file}"),
    (
        "personal",
        "it holds customers' ids and what is known of them: keep it accordingly",
        "文件含客户编号及其信息，请妥善保管",
    ),
    ("customer", "Customer", "客户"),
    ("day", "On", "生效日"),
    ("rating", "Rating", "评级"),
    ("before", "From", "原等级"),
    ("level", "To", "现等级"),
    ("rules", "Rules", "规则版本"),
    ("id", "Decision", "决策编号"),
    ("care", "Care", "关怀规则"),
    ("action", "Action", "行动"),
    ("owner", "Owner", "负责方"),
    ("channel", "Channel", "渠道"),
    ("priority", "Priority", "优先级"),
    ("due", "Due on", "到期日"),
    ("asked", "Asked on", "发起日"),
    ("until", "Until", "截止日"),
    ("status", "Status", "状态"),
    ("changed", "Changed on", "变动日"),
    ("open", "open", "未完结"),
    (
        "trend",
        "{rating}: customers by level, from {first} to {last} (nights: {nights})",
        "{rating}：{first} 至 {last} 各等级客户数（共 {nights} 夜）",
    ),
    ("first", "First", "首夜"),
    ("last", "Last", "末夜"),
    ("change", "Change", "变化"),
    ("nights", "Night by night", "逐夜走势"),
    ("level_of", "Level", "等级"),
    (
        "partial",
        "left out, as some buckets had failed: {days}",
        "因部分分桶失败而略去：{days}",
    ),
    ("missing", "nights without a report, shown as gaps: {days}", "无报告的夜晚（图中留空）：{days}"),
    ("everybody", "All customers", "全部客户"),
)

said = partial(phrase_of, WORDS)
