// SPDX-License-Identifier: Apache-2.0

package main

// spawnExit: one goroutine for each answer, all answering on one channel (go.dev/talks/2012/concurrency.slide,
// "Google Search 2.0"). The channel has room for all who live at once, so that none waits to end.
func spawnExit(p params) (result, error) {
	lives, atOnce := p["lives"], p["at_once"]
	if lives%atOnce != 0 {
		return result{}, badArgument("lives is %d, want a multiple of at_once=%d", lives, atOnce)
	}
	work := func(batches int) int { return spawnBatches(batches, atOnce) }
	want := func(batches int) int { return sumTo(batches*atOnce - 1) }
	return timed(lives/atOnce, work, want)
}

func spawnBatches(batches, atOnce int) int {
	numbers := make(chan int, atOnce)
	sum := 0
	for first := 0; first < batches*atOnce; first += atOnce {
		for i := first; i < first+atOnce; i++ {
			go func(number int) { numbers <- number }(i)
		}
		for i := 0; i < atOnce; i++ {
			sum += <-numbers
		}
	}
	return sum
}

const fanOut = 10

// skynet: the program of github.com/atemerev/skynet, whose Go form is a goroutine for each node and a channel for each
// parent.
func skynet(p params) (result, error) {
	if !powerOfTen(p["leaves"]) {
		return result{}, badArgument("leaves is %d, want a power of 10", p["leaves"])
	}
	return timed(p["leaves"], skynetRoot, func(leaves int) int { return sumTo(leaves - 1) })
}

func skynetRoot(leaves int) int {
	sum := make(chan int)
	go skynetNode(sum, 0, leaves)
	return <-sum
}

func skynetNode(parent chan<- int, first, leaves int) {
	if leaves == 1 {
		parent <- first
		return
	}
	children := make(chan int)
	each := leaves / fanOut
	for i := 0; i < fanOut; i++ {
		go skynetNode(children, first+i*each, each)
	}
	sum := 0
	for i := 0; i < fanOut; i++ {
		sum += <-children
	}
	parent <- sum
}

func powerOfTen(n int) bool {
	for n > 1 && n%10 == 0 {
		n /= 10
	}
	return n == 1
}
