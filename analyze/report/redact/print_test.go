package redact

import (
	"fmt"
	"reflect"
	"strings"
)

// printValue writes every exported value that v leads to, texts and bytes as
// they are.
func printValue(out *strings.Builder, v any) { printInto(out, reflect.ValueOf(v), map[any]bool{}) }

func printInto(out *strings.Builder, v reflect.Value, seen map[any]bool) {
	if !v.IsValid() {
		return
	}
	if s, ok := v.Interface().(fmt.Stringer); ok && (v.Kind() != reflect.Pointer || !v.IsNil()) {
		fmt.Fprintf(out, "%v\n", s)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && !seen[v.Interface()] {
			seen[v.Interface()] = true
			printInto(out, v.Elem(), seen)
		}
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
			fmt.Fprintf(out, "%s\n%x\n", v.Bytes(), v.Bytes())
			return
		}
		for i := range v.Len() {
			printInto(out, v.Index(i), seen)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				printInto(out, v.Field(i), seen)
			}
		}
	case reflect.String:
		fmt.Fprintf(out, "%s\n", v.String())
	}
}
