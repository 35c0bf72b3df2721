// SPDX-License-Identifier: Apache-2.0

package main

// hop is server_hop and process_hop: the players of "Advanced Go Concurrency Patterns" (go.dev/talks/2013/advconc.slide,
// "ping-pong"). The talk's two players share one table; here each has a channel of its own, as a process has its own
// mailbox. The channels are unbuffered, as in the talk.
func hop(p params) (result, error) {
	return timed(p["hops"], pingPong, same)
}

func pingPong(hops int) int {
	ping, pong := make(chan int), make(chan int)
	received := make(chan int)
	go player(ping, pong, hops, received)
	go player(pong, ping, hops, received)
	ping <- 1
	return <-received + <-received
}

// player hits each ball back with its count of hops one higher, and gives the number of balls that it has got when the
// last one has come to either player.
func player(in <-chan int, out chan<- int, hops int, received chan<- int) {
	count := 0
	for ball := range in {
		count++
		if ball == hops {
			break
		}
		out <- ball + 1
	}
	close(out)
	received <- count
}
