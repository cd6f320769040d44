"""Other broadcasters' programmes: fetched once by the station, cut into pieces, sent to all nodes as they come."""
