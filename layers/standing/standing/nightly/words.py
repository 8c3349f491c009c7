"""What is said of a night, in English and Chinese."""

WORDS = {
    "night": ("Night of", "夜间重评："),
    "planning": ("planning the night", "正在规划夜间重评"),
    "summing-up": ("summing up", "正在汇总"),
    "buckets": ("buckets rescored", "已重评的分桶"),
    "customers": ("Customers", "客户数"),
    "moved": ("Customers of whom there was something to say", "状态有变化的客户数"),
    "decisions": ("Decisions (levels, care)", "决策数（等级变动、关怀动作）"),
    "conflicts": ("Decided again, because an event was faster", "因事件抢先而重新决策的次数"),
    "busy": ("Customers left to the next night", "留待次夜处理的客户数"),
    "reconciled": ("Customers compared with the lake", "与数据湖核对的客户数"),
    "differences": ("Features that differ from the lake", "与数据湖不一致的特征数"),
    "failed_buckets": ("Buckets that failed", "失败的分桶数"),
    "damaged": ("Damaged files, by name in the report", "损坏的文件数（报告中列明）"),
}
