"""The local AWS: ministack as a process of ours, with the template deployed on it."""
