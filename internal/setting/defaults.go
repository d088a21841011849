package setting

// Default is a struct of settings with the defaults of its tags.
func Default[T any]() T {
	var settings T
	FillDefaults(&settings)
	return settings
}

// FillDefaults sets the fields of a struct that have the zero value to their defaults. It takes
// a pointer.
func FillDefaults(settings any) {
	for _, f := range Fields(settings) {
		if !f.value.IsZero() {
			continue
		}
		if err := f.Set(Value{Text: f.Default}); err != nil {
			panic(f.Key + ": its default: " + err.Error())
		}
	}
}
