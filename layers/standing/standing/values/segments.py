"""The segments of RFM by name. Which scores make which, `scores/rfm.py` says."""

from standing.values.messages import Messages

SEGMENTS = Messages(
    "segment",
    {
        "champions": "Champions",
        "loyal": "Loyal customers",
        "potential-loyalist": "Potential loyalists",
        "new-customers": "New customers",
        "promising": "Promising",
        "need-attention": "Need attention",
        "about-to-sleep": "About to sleep",
        "at-risk": "At risk",
        "cannot-lose-them": "Cannot lose them",
        "hibernating": "Hibernating",
        "lost": "Lost",
    },
)
