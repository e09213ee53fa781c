/// Not here yet.
