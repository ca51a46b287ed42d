package dev.leasehold.memory.contract.permanent

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MiB
import dev.leasehold.memory.permanent.PermanentAppenderClosedException
import dev.leasehold.memory.permanent.PermanentAppenderThreadException
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.permanent.PermanentMemoryFullException
import dev.leasehold.memory.support.freshRange
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.support.onePage
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldMatch

/** Appends of one thread, and such as lie together. */
class PermanentAppenderSpec : FunSpec() {
    init {
        context("exclusively") {
            test("what is appended lies together, though others append meanwhile") {
                val memory = PermanentMemory.obtainPrivate(64.KiB, freshRange())
                val addresses = memory.exclusively(24, 8) {
                    val first = append(longBytes(1))
                    onThread("other") { memory.append(ByteArray(100)) }
                    listOf(first, append(longBytes(2)), append(longBytes(3)))
                }
                addresses shouldBe listOf(addresses[0], addresses[0] + 8, addresses[0] + 16)
            }

            test("what it does not use is given back") {
                val memory = PermanentMemory.obtainPrivate(64.KiB, freshRange())
                memory.exclusively(1000) { append(ByteArray(10)) }
                memory.remaining shouldBe memory.size - 10
            }

            test("no more than was asked for can be appended") {
                val memory = PermanentMemory.obtainPrivate(64.KiB, freshRange())
                memory.exclusively(16) {
                    remaining shouldBe 16
                    canFit(17) shouldBe false
                    tryAppend(ByteArray(17)).shouldBeNull()
                    append(ByteArray(16))
                } shouldBe memory.base
                shouldThrow<PermanentMemoryFullException> { memory.exclusively(64.KiB) { } }
            }

            test("what it has appended before a failure stays, and the rest is given back") {
                val memory = PermanentMemory.obtainPrivate(64.KiB, freshRange())
                shouldThrow<IllegalStateException> {
                    memory.exclusively(100) {
                        append(ByteArray(10))
                        error("stop")
                    }
                }
                memory.remaining shouldBe memory.size - 10
            }
        }

        context("an appender") {
            test("its records lie one behind the other, and waste nothing while it is alone") {
                val memory = PermanentMemory.obtainPrivate(1.MiB, freshRange())
                memory.appender().use { appender ->
                    repeat(10_000) { appender.append(ByteArray(72)) shouldBe memory.base + it * 72L }
                }
                memory.remaining shouldBe memory.size - 720_000
            }

            test("large records go into the memory directly") {
                val memory = PermanentMemory.obtainPrivate(1.MiB, freshRange())
                memory.appender().use { appender ->
                    appender.append(ByteArray(64))
                    appender.append(ByteArray(100_000)) shouldBe memory.base + 32.KiB
                    appender.append(ByteArray(64)) shouldBe memory.base + 64
                }
            }

            test("it fills the memory to its last byte, and is then refused") {
                val memory = onePage()
                memory.appender().use { appender ->
                    repeat(64) { appender.append(ByteArray(64)) }
                    appender.remaining shouldBe 0
                    appender.tryAppend(ByteArray(1)).shouldBeNull()
                    appender.canFit(1) shouldBe false
                }
                memory.remaining shouldBe 0
            }

            test("it belongs to the thread that made it") {
                val appender = PermanentMemory.obtain(1).appender()
                onThread("stranger") {
                    shouldThrow<PermanentAppenderThreadException> { appender.append(ByteArray(1)) }.message shouldMatch
                        Regex(
                            "an appender of thread '.*' \\(#\\d+\\) was used by thread 'stranger' \\(#\\d+\\): each " +
                                "thread makes its own with PermanentMemory.appender\\(\\)",
                        )
                    shouldThrow<PermanentAppenderThreadException> { appender.close() }
                }
                appender.close()
                appender.close()
            }

            test(
                "after it is closed it takes nothing more, and neither does the room of exclusively behind its brace",
            ) {
                val memory = onePage()
                val appender = memory.appender()
                appender.append(ByteArray(8))
                appender.close()
                shouldThrow<PermanentAppenderClosedException> { appender.append(ByteArray(8)) }.message shouldBe
                    "an appender is closed: make another with PermanentMemory.appender()"
                val left = memory.exclusively(16) { this }
                shouldThrow<PermanentAppenderClosedException> { left.append(ByteArray(1)) }
                memory.remaining shouldBe 4088
            }
        }
    }
}

private fun longBytes(value: Byte) = ByteArray(8).also { it[0] = value }
