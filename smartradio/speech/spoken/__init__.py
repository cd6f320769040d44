"""Written Vietnamese to what an announcer says; `text` is the door, each other file holds one kind of rule."""
