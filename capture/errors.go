package capture

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// An OpenError says why something could not be read as a capture at all.
type OpenError struct {
	Name    string // as given; "-" is standard input
	Problem string // what comes after the name: "is no capture but a text file"
	Err     error  // what the operating system or the decompressor said, or nil

	hint string
}

func (e *OpenError) Error() string {
	text := displayName(e.Name) + " " + e.Problem
	if e.Err != nil {
		text += ": " + reason(e.Err)
	}
	return text
}

// Unwrap gives the error behind e.
func (e *OpenError) Unwrap() error { return e.Err }

// Hint says what to do instead, or "".
func (e *OpenError) Hint() string { return e.hint }

// Broken says where and why a capture could not be read to its end. The
// packets before that place are valid.
type Broken struct {
	Name     string
	Packets  int   // how many were read before
	Offset   int64 // bytes from the beginning of the capture to what is broken
	Unpacked bool  // Offset counts the bytes after decompression
	Cut      bool  // the capture ends too early; otherwise it contradicts itself
	Problem  string
	Err      error // what the operating system or the decompressor said, or nil
}

func (b *Broken) Error() string {
	what := "broken"
	if b.Cut {
		what = "cut off"
	}
	unpacked := ""
	if b.Unpacked {
		unpacked = " of the unpacked capture"
	}
	return fmt.Sprintf("%s is %s after packet %d, at byte %d%s: %s",
		displayName(b.Name), what, b.Packets, b.Offset, unpacked, b.Problem)
}

// Unwrap gives the error behind b.
func (b *Broken) Unwrap() error { return b.Err }

// Hint says what to do about it, or "".
func (b *Broken) Hint() string {
	if isWindowTooLarge(b.Err) {
		return unpackHint("zstd -dc --long=31", b.Name)
	}
	return ""
}

// isWindowTooLarge tells whether a zstd file asks for more memory than
// maxWindow. The second error is for frames that announce no window and need
// as much as their whole content.
func isWindowTooLarge(err error) bool {
	return errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded)
}

// displayName is how a message names an input.
func displayName(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}

// reason leaves out of err the operation and the path, which the message
// around it has already.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// unpackHint shows how to let another program unpack name.
func unpackHint(command, name string) string {
	if name == "-" {
		return command + " | sniwatch -r -"
	}
	return command + " " + shellWord(name) + " | sniwatch -r -"
}

// shellWord quotes name, where needed, so that a shell reads it as one word.
func shellWord(name string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@%+,-"
	if strings.HasPrefix(name, "-") {
		name = "./" + name
	}
	if name != "" && strings.Trim(name, plain) == "" {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}
