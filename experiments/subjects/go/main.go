// build/subjects/go: net/http of Go's standard library, as a subject to compare with.
//
// Go spreads goroutines over its own threads: one for each core that it is given. Which core runs
// which is left to it, within those that the process may use.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
)

type greeting struct {
	Message string `json:"message"`
}

var plainBody = []byte("Hello, World!")

func answer(w http.ResponseWriter, contentType string, body []byte) {
	header := w.Header()
	header.Set("Server", "go")
	header.Set("Content-Type", contentType)
	w.Write(body) // net/http adds Date and Content-Length
}

func plaintext(w http.ResponseWriter, r *http.Request) {
	answer(w, "text/plain", plainBody)
}

// The value is made and written for each request, as the other subjects do.
func jsonGreeting(w http.ResponseWriter, r *http.Request) {
	body, err := json.Marshal(greeting{Message: "Hello, World!"})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, "application/json", body)
}

func serve(port int, cores string) error {
	threads := 1
	if cores != "" {
		threads = len(strings.Split(cores, ","))
	}
	runtime.GOMAXPROCS(threads)
	// Its backlog is net.core.somaxconn, and it raises the limit of open files by itself.
	listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	http.HandleFunc("/plaintext", plaintext)
	http.HandleFunc("/json", jsonGreeting)
	fmt.Printf("go: http://%s · GOMAXPROCS %d\n", listener.Addr(), threads)
	return http.Serve(listener, nil)
}

func main() {
	port := flag.Int("port", 8080, "0 takes a free one")
	cores := flag.String("cores", "", "as many threads run Go code at a time: 0,1")
	flag.Parse()
	if err := serve(*port, *cores); err != nil {
		fmt.Fprintln(os.Stderr, "go:", err)
		os.Exit(2)
	}
}
