@file:OptIn(ExperimentalCoroutinesApi::class)

package dev.leasehold.memory.coroutines.contract.passing

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.LeaseChannel
import dev.leasehold.memory.coroutines.bufferLeases
import dev.leasehold.memory.coroutines.consumeLeases
import dev.leasehold.memory.coroutines.leaseChannel
import dev.leasehold.memory.coroutines.leaseIn
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.move
import dev.leasehold.memory.coroutines.rentAsync
import dev.leasehold.memory.coroutines.rentOrNull
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.coroutines.withLeases
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.async
import kotlinx.coroutines.channels.consumeEach
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.asFlow
import kotlinx.coroutines.flow.filter
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.selects.onTimeout
import kotlinx.coroutines.selects.select
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import kotlin.time.Duration.Companion.milliseconds

/** Leases through a flow that rents them. */
internal fun Passing.leases(count: Int = 3): Flow<SharedLease> = (1..count).asFlow().onEach { delay(1) }
    .withLeases(pool, 10) { _, lease -> note(lease) }

/** A channel that a coroutine fills with three leases and closes. */
internal fun Passing.filled(capacity: Int = 2): LeaseChannel<SharedLease> {
    val channel = leaseChannel(capacity)
    launch {
        repeat(3) {
            channel.send(rented())
            delay(1)
        }
        channel.close()
    }
    return channel
}

/** Lets [body] take from a channel which is [filled], and cancels that in the end, as its owner does. */
private suspend fun Passing.taking(body: suspend (LeaseChannel<SharedLease>) -> Unit) {
    val channel = filled()
    try {
        body(channel)
    } finally {
        channel.cancel()
    }
}

private val FLOWS = listOf(
    Form("rows.withLeases(pool, n) { … }.collect { … }", true) { leases().collect { used(it) } },
    Form("… .filter { … }.onEach { … }.take(1)", true) {
        leases().filter { it.size == 10L }.onEach { used(it) }.take(1).collect { used(it) }
    },
    Form("… .bufferLeases()", true) { leases().bufferLeases(2).collect { used(it) } },
    Form("flow { pool.withLease(n) { emit(it) } }", true) {
        flow {
            repeat(2) {
                delay(1)
                pool.withLease(10) { emit(note(it)) }
            }
        }.collect { used(it) }
    },
)

private val CHANNELS = listOf(
    Form("leaseChannel.consumeLeases { … }", true) { filled().consumeLeases { used(it) } },
    Form("leaseChannel.receiveAsFlow()", true) { taking { channel -> channel.receiveAsFlow().collect { used(it) } } },
    Form("leaseChannel.receiveAsFlow().take(1)", true) {
        taking { channel ->
            channel.receiveAsFlow().take(1).collect { used(it) }
            // What the first collector did not come to is there for the next.
            channel.receiveAsFlow().first().isClosed
        }
    },
    Form("leaseChannel.consumeAsFlow()", true) { filled().consumeAsFlow().collect { used(it) } },
    Form("leaseChannel.consumeAsFlow().bufferLeases()", true) {
        filled().consumeAsFlow().bufferLeases(1).take(2).collect { used(it) }
    },
    Form("for (lease in leaseChannel) lease.use { … }", true) {
        taking { channel -> for (lease in channel) lease.use { used(it) } }
    },
    Form("leaseChannel.consumeEach { it.use { … } }", true) {
        filled().consumeEach { lease -> lease.use { used(it) } }
    },
    Form("leaseChannel.receiveCatching().getOrNull()?.use { … }", true) {
        taking { channel -> repeat(4) { channel.receiveCatching().getOrNull()?.use { used(it) } } }
    },
    Form("memoryScope(pool) { leaseChannel.receiveLease() }", true) {
        taking { channel ->
            memoryScope(pool) {
                used(channel.receiveLease())
                withTimeoutOrNull(1) { channel.receiveLease().also { delay(1) } }
            }
        }
    },
    Form("select { leaseChannel.onReceive { it.use { … } } }", true) {
        taking { channel ->
            repeat(3) {
                select {
                    channel.onReceive { lease -> lease.use { used(it) } }
                    onTimeout(1.milliseconds) { }
                }
            }
        }
    },
    Form("launch { leaseChannel.send(lease) }, and select its onJoin", true) {
        val channel = leaseChannel()
        val sending = launch { channel.send(rented()) }
        val received = select {
            sending.onJoin { true }
            onTimeout(2.milliseconds) { false }
        }
        check(!received)
        sending.cancel()
    },
)

private val COROUTINES = listOf(
    Form("memoryScope(pool) { async { rent(n) }.await() }", true) {
        memoryScope(pool) {
            val renting = List(2) { async { note(rent(10)).also { delay(1) } } }
            delay(2)
            renting.forEach { used(it.await()) }
        }
    },
    Form("memoryScope(pool) { select { async { rent(n) }.onAwait { … } } }", true) {
        memoryScope(pool) {
            val renting = List(2) { at -> async { note(rent(10)).also { delay(1L + at) } } }
            used(select { renting.forEach { deferred -> deferred.onAwait { it } } })
        }
    },
    Form("memoryScope(pool) { withContext(…) { rent(n) } }", true) {
        memoryScope(pool) {
            used(withContext(Dispatchers.Unconfined) { note(rent(10)).also { delay(1) } })
        }
    },
    Form("memoryScope(pool) { withTimeout(t) { rent(n) } }", true) {
        memoryScope(pool) {
            val lease = withTimeoutOrNull(2) { note(rent(10)).also { delay(2) } }
            check(lease == null)
            used(rent(10))
        }
    },
    Form("pool.withLease(n) { withContext(…) { … } }", true) {
        pool.withLease(10) { lease -> withContext(Dispatchers.Unconfined) { used(note(lease)) } }
    },
    Form("pool.rentOrNull(n, timeout)?.use { … }", true) {
        pool.rentOrNull(10, 1.milliseconds)?.use { used(note(it)) }
    },
    Form("pool.leaseIn(job, n), lease.move(job)", true) {
        launch {
            used(note(pool.leaseIn(currentCoroutineContext().job, 10)))
            used(note(rented().move(currentCoroutineContext().job)))
        }
    },
)

private val FUTURES = listOf(
    Form("pool.rentAsync(n).thenAccept { it.use { … } }", true) {
        pool.rentAsync(10).thenAccept { lease -> lease.use { note(it) } }.get()
    },
    Form("pool.rentAsync(n).orTimeout(…)", true) {
        val all = note(pool.leaseIn(coroutineContext.job, pool.capacity))
        val future = pool.rentAsync(10).orTimeout(1, TimeUnit.MILLISECONDS)
        val failure = future.handle { _, failure -> failure }.get()
        check(failure is TimeoutException) { "$failure" }
        used(all)
    },
)

/** Every form whose leases have an owner at every moment. */
internal val OWNED_FORMS: List<Form> = FLOWS + CHANNELS + COROUTINES + FUTURES
