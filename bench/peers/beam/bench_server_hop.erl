%% SPDX-License-Identifier: Apache-2.0
%% server_hop: two gen_servers that play with casts, the OTP form of a server that answers no call
%% (www.erlang.org/doc/design_principles/gen_server_concepts.html, "Asynchronous Requests - Cast").
-module(bench_server_hop).
-behaviour(gen_server).
-export([run/1]).
-export([init/1, handle_call/3, handle_cast/2]).

-record(player, {hops, referee, balls = 0}).

run(#{hops := Hops}) ->
    bench_measure:timed(Hops, fun play/1, fun bench_measure:same/1).

play(Hops) ->
    {ok, Ping} = gen_server:start_link(?MODULE, {Hops, self()}, []),
    {ok, Pong} = gen_server:start_link(?MODULE, {Hops, self()}, []),
    gen_server:cast(Ping, {ball, Pong, 1}),
    receive game_over -> ok end,
    Balls = gen_server:call(Ping, balls) + gen_server:call(Pong, balls),
    gen_server:stop(Ping),
    gen_server:stop(Pong),
    Balls.

init({Hops, Referee}) ->
    {ok, #player{hops = Hops, referee = Referee}}.

handle_cast({ball, _From, Hop}, #player{hops = Hop, referee = Referee, balls = Balls} = Player) ->
    Referee ! game_over,
    {noreply, Player#player{balls = Balls + 1}};
handle_cast({ball, From, Hop}, #player{balls = Balls} = Player) ->
    gen_server:cast(From, {ball, self(), Hop + 1}),
    {noreply, Player#player{balls = Balls + 1}}.

handle_call(balls, _From, #player{balls = Balls} = Player) ->
    {reply, Balls, Player}.
