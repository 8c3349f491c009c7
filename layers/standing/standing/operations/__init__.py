"""What those who run Standing do: send event files, account for them, and recover what failed."""
