package dev.leasehold.memory.contract.mapped

import dev.leasehold.memory.GiB
import dev.leasehold.memory.MappedFileFormatException
import dev.leasehold.memory.MappedFileReadOnlyException
import dev.leasehold.memory.allocate
import dev.leasehold.memory.mapped.MappedCodec
import dev.leasehold.memory.mapped.MappedDictionary
import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.memory.support.together
import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import java.nio.file.Path
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.random.Random

class MappedDictionarySpec : FunSpec() {
    private fun <R> opened(path: Path, action: (MappedMemoryManager) -> R): R =
        MappedFiles.open(path, { maxSize = 4.GiB }).use(action)

    private fun texts(manager: MappedMemoryManager, name: String = "texts") =
        MappedDictionary.open(manager, name, MappedCodec.STRING, MappedCodec.STRING)

    private fun numbers(manager: MappedMemoryManager) =
        MappedDictionary.open(manager, "numbers", MappedCodec.LONG, MappedCodec.LONG)

    init {
        test("what was put is there when the file is opened again") {
            MappedFiles.withPath { path ->
                opened(path) { manager ->
                    val map = texts(manager)
                    map["a"] = "one"
                    map[""] = ""
                    map["a"] = "two"
                    map["b"] = "x".repeat(100_000)
                }
                opened(path) { manager ->
                    val map = texts(manager)
                    map["a"] shouldBe "two"
                    map[""] shouldBe ""
                    map["b"] shouldBe "x".repeat(100_000)
                    map["c"].shouldBeNull()
                    map.size shouldBe 3
                    map.remove("b") shouldBe true
                    map.remove("b") shouldBe false
                    ("b" in map) shouldBe false
                    map.toString() shouldBe "MappedDictionary 'texts' in $path"
                }
                MappedMemory.verify(path).faults.shouldBeEmpty()
            }
        }

        test("a cleared map has no entries and no blocks of any, and goes on") {
            MappedFiles.withPath { path ->
                opened(path) { manager ->
                    val map = numbers(manager)
                    for (key in 0L..5_000) map[key] = key
                    val before = MappedMemory.verify(path).blocks
                    map.clear()
                    map.size shouldBe 0
                    map[7].shouldBeNull()
                    MappedMemory.verify(path).blocks shouldBe before - 5_001
                    map.clear()
                    map[7] = 8
                    map[7] shouldBe 8
                }
                MappedMemory.verify(path).faults.shouldBeEmpty()
                opened(path) { numbers(it).size shouldBe 1 }
            }
        }

        test("a value is made once, compared, computed, and read where it lies") {
            MappedFiles.withPath { path ->
                opened(path) { manager ->
                    val map = texts(manager)
                    map.getOrPut("a") { "made" } shouldBe "made"
                    map.getOrPut("a") { error("not again") } shouldBe "made"
                    map.compareAndSet("a", "other", "no") shouldBe false
                    map.compareAndSet("a", "made", "yes") shouldBe true
                    map.compareAndSet("b", null, "new") shouldBe true
                    map.compareAndSet("b", null, "no") shouldBe false
                    map.compareAndSet("b", "new", null) shouldBe true
                    map["b"].shouldBeNull()
                    map.compute("a") { "$it!" } shouldBe "yes!"
                    map.compute("a") { null }.shouldBeNull()
                    map["a"].shouldBeNull()
                    map["c"] = "view"
                    val kept = map.read("c") { view ->
                        view.size shouldBe 4
                        map["c"] = "another"
                        map.remove("c")
                        view.getByte(0) shouldBe 'v'.code.toByte()
                        view
                    }
                    shouldThrow<RuntimeException> { checkNotNull(kept).getByte(0) }
                    map.read("c") { it.size }.shouldBeNull()
                    map.size shouldBe 0
                }
            }
        }

        test("a map is at every step what a map in the heap is, whatever its size") {
            val seed = Effort.seed("mapped dictionary")
            MappedFiles.withPath { path ->
                val model = HashMap<String, String>()
                repeat(3) { round ->
                    opened(path) { manager ->
                        val map = texts(manager)
                        val random = Random(seed + round)
                        repeat(Effort.times(20_000)) {
                            val key = "key ${random.nextInt(6_000)}"
                            when (random.nextInt(6)) {
                                0, 1, 2 -> {
                                    val value = "v".repeat(random.nextInt(if (it % 100 == 0) 50_000 else 200)) + it
                                    map[key] = value
                                    model[key] = value
                                }

                                3 -> map.remove(key) shouldBe (model.remove(key) != null)

                                else -> map[key] shouldBe model[key]
                            }
                        }
                        map.size shouldBe model.size.toLong()
                        val found = HashMap<String, String>()
                        map.forEach { key, value -> found.put(key, value).shouldBeNull() }
                        found shouldBe model
                    }
                }
                opened(path) { manager ->
                    val map = texts(manager)
                    model.keys.forEach(map::remove)
                    map.size shouldBe 0
                }
                val report = MappedMemory.verify(path)
                report.faults.shouldBeEmpty()
                // The head, the directory, the segments and a spare one.
                (report.blocks < 20) shouldBe true
            }
        }

        test("threads and sessions count in one map, and no count is lost") {
            MappedFiles.withPath { path ->
                opened(path) { first ->
                    opened(path) { second ->
                        val maps = listOf(first, second).map(::numbers)
                        val rounds = Effort.times(3_000)
                        together(4) { worker ->
                            val map = maps[worker % 2]
                            val random = Random(worker)
                            repeat(rounds) {
                                map.compute(random.nextLong(50)) { (it ?: 0) + 1 }
                                map[1_000_000L * (worker + 1) + it] = it.toLong()
                            }
                        }
                        var sum = 0L
                        maps[0].forEach { key, value -> if (key < 50) sum += value }
                        sum shouldBe 4L * rounds
                        maps[1].size shouldBe 50 + 4L * rounds
                        for (worker in 0 until 4) {
                            for (index in 0 until rounds) {
                                maps[worker % 2][1_000_000L * (worker + 1) + index] shouldBe index.toLong()
                            }
                        }
                    }
                }
                MappedMemory.verify(path).faults.shouldBeEmpty()
            }
        }

        test("readers see whole values while writers change and split") {
            MappedFiles.withPath { path ->
                opened(path) { first ->
                    opened(path) { second ->
                        val written = texts(first)
                        val read = texts(second)
                        fun text(index: Int) = "$index,".repeat(1 + index % 60)
                        fun check(value: String) = value.split(',').dropLast(1).distinct().size shouldBe 1
                        repeat(200) { written["key $it"] = text(it) }
                        val isOver = AtomicBoolean()
                        together(4) { worker ->
                            val random = Random(worker)
                            if (worker == 0) {
                                try {
                                    repeat(Effort.times(20_000)) {
                                        written["key ${random.nextInt(200)}"] = text(random.nextInt(1000))
                                        written["other $it"] = text(it)
                                    }
                                } finally {
                                    isOver.set(true)
                                }
                            }
                            while (!isOver.get()) {
                                val key = "key ${random.nextInt(200)}"
                                when (worker) {
                                    1 -> check(checkNotNull(read[key]))

                                    2 -> check(
                                        checkNotNull(
                                            read.read(key) { view ->
                                                String(ByteArray(view.size.toInt()) { view.getByte(it.toLong()) })
                                            },
                                        ),
                                    )

                                    else -> read.forEach { _, value -> check(value) }
                                }
                            }
                        }
                    }
                }
            }
        }

        test("a manager that only reads finds entries, and changes none") {
            MappedFiles.withPath { path ->
                opened(path) { manager -> texts(manager)["a"] = "one" }
                MappedMemoryManager.openReadOnly(path).use { manager ->
                    val map = texts(manager)
                    map["a"] shouldBe "one"
                    map.read("a") { it.size } shouldBe 3
                    map.size shouldBe 1
                    shouldThrow<MappedFileReadOnlyException> { map["a"] = "two" }
                    shouldThrow<MappedFileReadOnlyException> { map.remove("a") }
                    shouldThrow<MappedFileReadOnlyException> { map.getOrPut("b") { "no" } }
                    shouldThrow<MappedFileReadOnlyException> { texts(manager, "another") }
                }
            }
        }

        test("a root that leads to something else is no map") {
            MappedFiles.withPath { path ->
                opened(path) { manager ->
                    manager.allocate(300).use {
                        manager.roots["block"] =
                            it.also { b -> b.withSegment { s -> s.zero() } }
                    }
                    shouldThrow<MappedFileFormatException> { texts(manager, "block") }.message shouldBe
                        "the root 'block' of the file $path leads to no dictionary of this version"
                }
            }
        }
    }
}
