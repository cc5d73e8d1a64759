"""Import of content from other sites, through the commands of the engine."""
