"""Reviews, sign-offs and which of them count, the review queue, due reviews, comments."""
