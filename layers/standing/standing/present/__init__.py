"""What people see: the terminal, pages, Markdown and sheets, in English and Chinese."""
