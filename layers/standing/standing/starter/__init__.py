"""The output of `standing init`: a trade's programme in a folder, with the files that its repository needs."""
