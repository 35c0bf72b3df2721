// SPDX-License-Identifier: Apache-2.0

package main

// A token goes round until its hops are all made.
type token struct {
	hops, last int
}

// ring: goroutines chained by unbuffered channels, as the "Daisy-chain" of "Go Concurrency Patterns"
// (go.dev/talks/2012/concurrency.slide), with its ends joined.
func ring(p params) (result, error) {
	first, done := buildRing(p["processes"])
	work := func(hops int) int {
		first <- token{1, hops}
		return <-done
	}
	return timed(p["hops"], work, same)
}

func buildRing(processes int) (first chan<- token, done <-chan int) {
	head, finished := make(chan token), make(chan int)
	in := head
	for i := 1; i < processes; i++ {
		out := make(chan token)
		go node(in, out, finished)
		in = out
	}
	// A ring of one would send to itself, which needs room for the token.
	if processes == 1 {
		head = make(chan token, 1)
		in = head
	}
	go node(in, head, finished)
	return head, finished
}

func node(in <-chan token, out chan<- token, done chan<- int) {
	for t := range in {
		if t.hops == t.last {
			done <- t.hops
			continue
		}
		out <- token{t.hops + 1, t.last}
	}
}
