"""What `standing init` writes: a trade's programme in a folder of its own, with what a repository of it needs."""
