package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/globalfandom/lightstick/chat/identity"
)

// readPassword reads a password that is typed, twice and unseen, or that a program
// writes: its first line.
func readPassword(in *os.File, prompt io.Writer) (string, error) {
	var password string
	var err error
	if fd := int(in.Fd()); term.IsTerminal(fd) {
		password, err = typedPassword(fd, prompt)
	} else {
		password, err = firstLine(in)
	}
	if err != nil {
		return "", err
	}
	return password, identity.CheckPassword(password)
}

func typedPassword(fd int, prompt io.Writer) (string, error) {
	var typed [2]string
	for i, text := range []string{"Password: ", "Once more: "} {
		fmt.Fprint(prompt, text)
		line, err := term.ReadPassword(fd)
		fmt.Fprintln(prompt)
		if err != nil {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		typed[i] = string(line)
	}
	if typed[0] != typed[1] {
		return "", errors.New("the two passwords differ")
	}
	return typed[0], nil
}

func firstLine(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, 4<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}
