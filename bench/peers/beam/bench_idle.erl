%% SPDX-License-Identifier: Apache-2.0
%% Processes that have answered one message and wait for the next: what they weigh, and what waiting costs.
-module(bench_idle).
-export([server/1, process/1, cpu/1]).

%% The OTP form: a gen_server that has answered one call.
server(#{processes := Processes}) ->
    weigh(Processes, fun() ->
                             {ok, Server} = gen_server:start(bench_idle_server, none, []),
                             gen_server:call(Server, ping)
                     end).

process(#{processes := Processes}) ->
    weigh(Processes, fun start_process/0).

weigh(Processes, Start) ->
    Before = bench_measure:resident_bytes(),
    Acks = start(Processes, Start, 0),
    {Acks, Processes, [{bytes, bench_measure:resident_bytes() - Before}]}.

%% statistics(runtime) is the CPU time of all threads of the emulator
%% (www.erlang.org/doc/man/erlang.html#statistics_runtime), in milliseconds.
cpu(#{processes := Processes, seconds := Seconds}) ->
    Acks = start(Processes, fun start_process/0, 0),
    {Before, _} = statistics(runtime),
    timer:sleep(timer:seconds(Seconds)),
    {After, _} = statistics(runtime),
    {Acks, Processes, [{cpu_ns, (After - Before) * 1000000}]}.

start(0, _Start, Acks) ->
    Acks;
start(Left, Start, Acks) ->
    pong = Start(),
    start(Left - 1, Start, Acks + 1).

%% The plain form: a process in a receive loop, which has answered one message with the caller's reference, as "Getting
%% Started with Erlang" does (www.erlang.org/doc/getting_started/conc_prog.html).
start_process() ->
    Process = spawn(fun answer/0),
    Request = make_ref(),
    Process ! {ping, self(), Request},
    receive {pong, Request} -> pong end.

answer() ->
    receive {ping, From, Request} -> From ! {pong, Request} end,
    answer().
