//go:build linux

package main

import "os"

// A server is what the origin runs.
type server interface {
	// needs names the programs without which it cannot run.
	needs() []string
	// start runs it until the site is closed, and waits until it listens.
	start(*site) error
	// logs gives what it logged: one remark for each line that is about a
	// handshake that failed.
	logs(*site) ([]remark, error)
}

// A remark is a line of a server's log, and what the lab takes it for.
type remark struct {
	class string
	line  string
}

// nobody is an origin where nothing listens.
type nobody struct{}

func (nobody) needs() []string              { return nil }
func (nobody) start(*site) error            { return nil }
func (nobody) logs(*site) ([]remark, error) { return nil, nil }

// serve puts a chain where every server looks for it: served.pem, served.key, and
// served.both with the two together. A renewal replaces them.
func (s *site) serve(chain string) error {
	certs := s.lab.certs
	for from, to := range map[string]string{
		certs.chain(chain): "served.pem", certs.key(chain): "served.key", certs.both(chain): "served.both",
	} {
		text, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if _, err := s.write(to, string(text)); err != nil {
			return err
		}
	}
	return nil
}

// readLog classifies the lines of a file in the site's folder.
func readLog(s *site, name string, classify func(text string) []remark) ([]remark, error) {
	text, err := os.ReadFile(s.file(name))
	if err != nil {
		return nil, err
	}
	return classify(string(text)), nil
}
