package filter

// FoldName makes names equal that look alike. Server and command line use it for the
// keys by which the names of accounts are unique.
func FoldName(name string) string { return Fold(name).Skeleton() }
