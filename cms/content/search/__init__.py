"""What is searched, what is asked, and what a find is worth. Pure; no SQL."""
