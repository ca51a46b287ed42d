@file:OptIn(ExperimentalCoroutinesApi::class)

package dev.leasehold.memory.coroutines.contract.passing

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.rentAsync
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ReceiveChannel
import kotlinx.coroutines.channels.consumeEach
import kotlinx.coroutines.channels.produce
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.drop
import kotlinx.coroutines.flow.flatMapMerge
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.receiveAsFlow
import kotlinx.coroutines.flow.shareIn
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.flow.zip
import kotlinx.coroutines.future.await
import kotlinx.coroutines.future.future
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield

/** Forms that lose a lease when something fails on the way: nothing of the library is asked there. */
internal val LOSING_FORMS: List<Form> = listOf(
    Form("Channel<SharedLease>()", false) {
        val channel = Channel<SharedLease>(2)
        launch {
            repeat(3) {
                channel.send(rented())
                delay(1)
            }
            channel.close()
        }
        channel.consumeEach { lease -> lease.use { used(it) } }
    },
    Form("(leaseChannel as ReceiveChannel).receiveAsFlow()", false) {
        val channel: ReceiveChannel<SharedLease> = filled()
        channel.receiveAsFlow().drop(1).collect { lease -> lease.use { used(it) } }
    },
    Form("produce { send(lease) }", false) {
        val leases = produce(capacity = 2) {
            repeat(3) {
                send(rented())
                delay(1)
            }
        }
        leases.consumeEach { lease -> lease.use { used(it) } }
    },
    Form("channelFlow { send(lease) }, callbackFlow", false) {
        channelFlow {
            repeat(3) {
                send(rented())
                delay(1)
            }
        }.collect { lease -> lease.use { used(it) } }
    },
    Form("flow { emit(pool.rent(n)) }", false) {
        flow { repeat(3) { emit(rented()) } }.drop(1).collect { lease -> lease.use { used(it) } }
    },
    Form("MutableStateFlow, MutableSharedFlow", false) {
        val latest = MutableStateFlow<SharedLease?>(null)
        repeat(2) {
            latest.value = rented()
            delay(1)
        }
        latest.value?.use { used(it) }
    },
    Form("async { pool.rent(n) }.await()", false) {
        val renting = async { rented() }
        delay(2)
        renting.await().use { used(it) }
    },
    Form("CompletableDeferred<SharedLease>", false) {
        val promise = CompletableDeferred<SharedLease>()
        launch { promise.complete(rented()) }
        delay(2)
        promise.await().use { used(it) }
    },
    Form("withContext(…) { pool.rent(n) }", false) {
        withContext(Dispatchers.Unconfined) { rented().also { delay(2) } }.use { used(it) }
    },
    Form("withTimeout(t) { pool.rent(n) }", false) {
        withTimeoutOrNull(2) { rented().also { delay(2) } }?.use { used(it) }
    },
    Form("pool.rentAsync(n).await()", false) {
        val future = pool.rentAsync(10).thenApply(::note)
        delay(2)
        future.await().use { used(it) }
    },
    Form("scope.future { pool.rent(n) }", false) {
        val future = future { rented() }
        delay(2)
        future.await().use { used(it) }
    },
)

/** Operators that end their block before their collector sees the element: the lease comes closed, and says so. */
internal val LATE_FORMS: List<Form> = listOf(
    Form("… .buffer()", true) { leases().buffer(2).collect { used(it) } },
    Form("… .flowOn(…)", true) { leases().flowOn(Dispatchers.Unconfined).collect { used(it) } },
    Form("… .conflate()", true) { leases().conflate().collect { used(it) } },
    Form("… .shareIn(…), stateIn(…)", true) {
        val sharing = CoroutineScope(coroutineContext + Job())
        try {
            leases().shareIn(sharing, SharingStarted.Lazily, replay = 3).take(3).collect { used(it) }
        } finally {
            sharing.cancel()
        }
    },
    Form("… .collectLatest { … }, mapLatest, flatMapLatest", true) {
        leases().collectLatest {
            delay(0)
            yield()
            used(it)
        }
    },
    Form("… .flatMapMerge { … }, merge", true) { flowOf(1, 2).flatMapMerge { leases(2) }.collect { used(it) } },
    Form("… .zip(…), combine", true) {
        leases().combine(leases()) { left, right -> listOf(left, right) }.collect { both -> both.forEach { used(it) } }
        leases().zip(leases()) { _, right -> right }.collect { used(it) }
    },
    Form("… .toList(), first()", true) { leases().toList().forEach { used(it) } },
)
