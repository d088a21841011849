package s3test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	program = "versitygw"
	// ready bounds the start of the server, on a busy machine.
	ready = 20 * time.Second
)

// Server is a versitygw on loopback, with one bucket. Its data outlives a Stop.
type Server struct {
	Endpoint  string
	AccessKey string
	SecretKey string
	Bucket    string

	t       testing.TB
	path    string // of the program
	dir     string
	command *exec.Cmd
	output  *bytes.Buffer
}

// Start runs a server until the test ends. Without the program the test fails: what
// is stored is not tested without it.
func Start(t testing.TB) *Server {
	t.Helper()
	path, err := find()
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{
		Endpoint: "http://" + freeAddress(t), AccessKey: "test-access", SecretKey: "test-secret-0123456789",
		Bucket: "lightstick-test", t: t, path: path, dir: t.TempDir(),
	}
	for _, name := range []string{"data", "attributes"} {
		if err := os.Mkdir(filepath.Join(s.dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(s.Stop)
	s.Restart()
	s.MakeBucket(s.Bucket)
	return s
}

// find looks where `make test` installs, and then in the PATH.
func find() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		candidate := filepath.Join(dir, ".tools", "bin", program)
		if _, err := os.Stat(candidate); err == nil {
			return candidate, nil
		}
	}
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("s3test: there is no %s in .tools/bin or in the PATH; `make test` installs it", program)
	}
	return path, nil
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Stop kills the server, as a power cut would.
func (s *Server) Stop() {
	if s.command == nil {
		return
	}
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
	s.command = nil
}

// Restart kills the server if it runs, starts it, and returns once it answers.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	s.output = &bytes.Buffer{}
	s.command = exec.Command(s.path, "--port", s.Endpoint[len("http://"):], "--keep-alive", "--health", "/health",
		"--access", s.AccessKey, "--secret", s.SecretKey,
		"posix", "--sidecar", filepath.Join(s.dir, "attributes"), filepath.Join(s.dir, "data"))
	s.command.Stderr = s.output
	if err := s.command.Start(); err != nil {
		s.t.Fatal(err)
	}
	if err := s.await(); err != nil {
		s.Stop() // ends the writing to output
		s.t.Fatalf("%s is not ready: %v\n%s", program, err, s.output)
	}
}

// await asks until there is an answer.
func (s *Server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), ready)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Endpoint+"/health", nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err == nil {
			return response.Body.Close()
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-tick.C:
		}
	}
}

// MakeBucket makes one more bucket.
func (s *Server) MakeBucket(name string) {
	s.t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	client := s3.New(s3.Options{
		BaseEndpoint: &s.Endpoint, Region: "us-east-1", UsePathStyle: true, HTTPClient: &http.Client{Transport: transport},
		Credentials: credentials.NewStaticCredentialsProvider(s.AccessKey, s.SecretKey, ""),
	})
	ctx, cancel := context.WithTimeout(context.Background(), ready)
	defer cancel()
	if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(name)}); err != nil {
		s.t.Fatal(err)
	}
}
