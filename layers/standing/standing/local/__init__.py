"""The local AWS: ministack, run as a process of Standing, with the template deployed on it."""
