"""The names of the RFM segments. `scores/rfm.py` assigns scores to segments."""

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
