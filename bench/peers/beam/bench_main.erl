%% SPDX-License-Identifier: Apache-2.0
%% Runs one row of the benchmark table, or tells what rows there are, and ends the emulator with the row's exit status.
-module(bench_main).
-export([main/0]).

main() ->
    try run(init:get_plain_arguments())
    of
        Lines ->
            io:put_chars(Lines),
            halt(0)
    catch
        throw:{argument, Text} -> fail(Text, 2);
        throw:{failure, Text} -> fail(Text, 1);
        Class:Reason -> fail(io_lib:format("~0p: ~0p", [Class, Reason]), 1)
    end.

fail(Text, Status) ->
    io:put_chars(standard_error, ["bench: ", Text, $\n]),
    halt(Status).

run(["--rows"]) ->
    [[Id, $\n] || Id <- lists:sort(maps:keys(rows()))];
run(["--version"]) ->
    io_lib:format("OTP ~s, erts ~s, ~s~n",
                  [erlang:system_info(otp_release), erlang:system_info(version), erlang:system_info(emu_flavor)]);
run(Arguments) ->
    {{_Params, Work}, Values} = bench_arguments:parse(Arguments, rows()),
    {Check, Want, Measures} = Work(Values),
    bench_measure:verify("check", Check, Want),
    [io_lib:format("~s ~b~n", [Name, Value]) || {Name, Value} <- [{check, Check} | Measures]].

%% Each row's parameters, and the function that takes their values.
rows() ->
    #{"server_hop" => {[hops], fun bench_server_hop:run/1},
      "process_hop" => {[hops], fun bench_process_hop:run/1},
      "flood" => {[messages], fun bench_flood:unbounded/1},
      "flood_bounded" => {[messages, window], fun bench_flood:bounded/1},
      "fan_in" => {[senders, messages], fun bench_flood:fan_in/1},
      "ring" => {[processes, hops], fun bench_ring:run/1},
      "spawn_exit" => {[lives, at_once], fun bench_spawn:spawn_exit/1},
      "skynet" => {[leaves], fun bench_spawn:skynet/1},
      "idle_server" => {[processes], fun bench_idle:server/1},
      "idle_process" => {[processes], fun bench_idle:process/1},
      "idle_cpu" => {[processes, seconds], fun bench_idle:cpu/1},
      "timer" => {[timers], fun bench_timer:run/1},
      "down_storm" => {[processes], fun bench_down_storm:run/1}}.
