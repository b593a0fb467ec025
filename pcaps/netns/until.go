//go:build linux

package netns

import "time"

// Until asks every 5 ms whether something is so, for at most the time given.
func Until(limit time.Duration, so func() bool) bool {
	for deadline := time.Now().Add(limit); ; time.Sleep(5 * time.Millisecond) {
		if so() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}
