package stacktrace

var nodeReader = reader{
	language: Node,
	find:     func(string, bool) (int, int) { return -1, -1 },
	parse:    func(Input, int, int) (Trace, bool) { return Trace{}, false },
	key:      func(Input, int, int) (Key, bool) { return Key{}, false },
}
