%% SPDX-License-Identifier: Apache-2.0
%% ring: plain processes that each know the next one, the ring exercise of Joe Armstrong's "Programming Erlang" (chapter
%% "Concurrent Programming").
-module(bench_ring).
-export([run/1]).

run(#{processes := Processes, hops := Hops}) ->
    First = build(Processes, self()),
    bench_measure:timed(Hops, fun(Count) -> go_round(First, Count) end, fun bench_measure:same/1).

go_round(First, Hops) ->
    First ! {token, 1, Hops},
    receive {arrived, Count} -> Count end.

%% The first one is told what comes after it when the others, built from the last to the second, are there.
build(Processes, Parent) ->
    First = spawn_link(fun() -> receive {next, Next} -> node_loop(Next, Parent) end end),
    Second = lists:foldl(fun(_, Next) -> spawn_link(fun() -> node_loop(Next, Parent) end) end,
                         First, lists:seq(2, Processes)),
    First ! {next, Second},
    First.

node_loop(Next, Parent) ->
    receive
        {token, Hops, Hops} -> Parent ! {arrived, Hops};
        {token, Hop, Hops} -> Next ! {token, Hop + 1, Hops}
    end,
    node_loop(Next, Parent).
