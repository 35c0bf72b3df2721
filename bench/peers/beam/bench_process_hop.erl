%% SPDX-License-Identifier: Apache-2.0
%% process_hop: two plain processes in receive loops, as in "Getting Started with Erlang", "Message Passing"
%% (www.erlang.org/doc/getting_started/conc_prog.html).
-module(bench_process_hop).
-export([run/1]).

run(#{hops := Hops}) ->
    bench_measure:timed(Hops, fun play/1, fun bench_measure:same/1).

play(Hops) ->
    Referee = self(),
    [Ping, Pong] = Players = [spawn_link(fun() -> player(Hops, Referee, 0) end) || _ <- [ping, pong]],
    Ping ! {ball, Pong, 1},
    lists:sum([receive {balls, Player, Balls} -> Balls end || Player <- Players]).

%% Tells the referee the number of balls got, when the last one has come to either player.
player(Hops, Referee, Balls) ->
    receive
        {ball, From, Hops} ->
            From ! finished,
            Referee ! {balls, self(), Balls + 1};
        {ball, From, Hop} ->
            From ! {ball, self(), Hop + 1},
            player(Hops, Referee, Balls + 1);
        finished ->
            Referee ! {balls, self(), Balls}
    end.
