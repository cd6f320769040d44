"""Written Vietnamese to what an announcer says; `text` is the door, a file holds one kind of rule."""
