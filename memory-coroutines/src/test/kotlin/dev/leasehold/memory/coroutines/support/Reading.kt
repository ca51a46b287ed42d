package dev.leasehold.memory.coroutines.support

import dev.leasehold.memory.SharedLease
import dev.leasehold.testing.awaitNativeRead
import java.nio.ByteBuffer
import java.nio.channels.Pipe
import java.util.concurrent.CountDownLatch

/** What keeps a lease busy until its [end]. */
internal fun interface Work {
    fun end()
}

/** A thread that reads into a kept view of [lease] until [end]. */
internal class Reading(lease: SharedLease) : Work {
    private val pipe = Pipe.open()
    private val thread = Thread.ofPlatform().daemon().start { pipe.source().read(lease.asKeptByteBuffer()) }

    init {
        awaitNativeRead(thread)
    }

    override fun end() {
        if (!pipe.sink().isOpen) return
        pipe.sink().write(ByteBuffer.wrap(byteArrayOf(1)))
        thread.join()
        pipe.sink().close()
        pipe.source().close()
    }
}

/** A thread that is in the middle of a `withSegment` of [lease] until [end]. */
internal class Using(lease: SharedLease) : Work {
    private val begun = CountDownLatch(1)
    private val over = CountDownLatch(1)
    private val thread = Thread.ofPlatform().daemon().start {
        lease.withSegment {
            begun.countDown()
            over.await()
            it.fill(1)
        }
    }

    init {
        begun.await()
    }

    override fun end() {
        over.countDown()
        thread.join()
    }
}
