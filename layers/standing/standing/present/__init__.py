"""What people see, whatever it is of: the terminal, pages, Markdown and sheets, in English and Chinese."""
