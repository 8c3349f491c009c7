"""What is said of a backfill, in English and Chinese."""

WORDS = {
    "doing_rows": ("rows read and checked", "已读取并校验的行"),
    "doing_buckets": ("buckets of customers settled", "已处理的客户分桶"),
    "rows": ("Rows that are events", "有效事件行数"),
    "refused": ("Rows that are none", "无效行数"),
    "customers": ("Customers", "客户数"),
    "events": ("Events taken in", "新写入的事件数"),
    "known": ("Events that were there already", "已存在的事件数"),
    "conflicting": ("Events whose id is there with other content: left out", "编号已存在但内容不同、未写入的事件数"),
    "forgotten": ("Customers who were forgotten: left out", "已被遗忘、未写入的客户数"),
    "aside": (
        "A file of the lake could not be read and was begun anew; what it was is now",
        "数据湖中有一个文件无法读取，已重新写入；原文件现为",
    ),
    "named_in": ("Each row that was left out is named in", "未写入的每一行及原因见"),
}
