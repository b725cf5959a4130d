"""Knowledge: articles, their versions, and which version agents read."""
