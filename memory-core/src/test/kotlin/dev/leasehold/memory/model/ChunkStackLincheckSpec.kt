package dev.leasehold.memory.model

import dev.leasehold.memory.internal.engine.ChunkStack
import dev.leasehold.memory.internal.engine.Chunks
import dev.leasehold.testing.Lincheck.modelChecking
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.Operation
import org.jetbrains.lincheck.datastructures.Validate
import java.util.concurrent.atomic.AtomicIntegerArray

private const val CHUNKS = 3

/** Chunks in and out, each held by one thread at a time. */
abstract class ChunkStackOperations internal constructor(private val stack: ChunkStack) {
    private val held = AtomicIntegerArray(8)

    private fun take(): Int = stack.pop().also { if (it >= 0) hold(it) }

    private fun hold(chunk: Int) {
        check(held.compareAndSet(chunk, 0, 1)) { "chunk $chunk has two holders" }
    }

    private fun give(chunk: Int) {
        if (chunk < 0) return
        held.set(chunk, 0)
        stack.push(chunk)
    }

    @Operation
    fun one() {
        give(take())
    }

    @Operation
    fun two() {
        val first = take()
        val second = take()
        give(first)
        give(second)
    }

    @Validate
    fun allAreFree() {
        check(stack.size == CHUNKS) { "${stack.size} chunks are free" }
    }
}

/** The twin without a tag: a chunk that went and came back looks as if nothing had happened. */
private class UntaggedStack : ChunkStack(CHUNKS) {
    override fun newer(seen: Long, chunk: Int): Long = chunk.toLong()
}

class ShippedChunkStack : ChunkStackOperations(ChunkStack(CHUNKS))

class UntaggedChunkStack : ChunkStackOperations(UntaggedStack())

class ChunkStackLincheckSpec : FunSpec({
    fun options() = modelChecking()
        .iterations(10)
        .invocationsPerIteration(300)
        .threads(2)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(1)

    test("no interleaving gives a chunk to two holders") { options().check(ShippedChunkStack::class) }

    test("a chunk stack without a tag is found") {
        shouldThrow<LincheckAssertionError> {
            options().iterations(30).invocationsPerIteration(2000).minimizeFailedScenario(false)
                .check(UntaggedChunkStack::class)
        }
    }
})
