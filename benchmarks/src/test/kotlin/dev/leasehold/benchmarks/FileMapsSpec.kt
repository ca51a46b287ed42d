package dev.leasehold.benchmarks

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.file.Path

/** All maps but Chronicle's, which needs a JVM that opens its internals: the benchmark itself checks what it finds. */
class FileMapsSpec : FunSpec() {
    private val contestants = mapOf<String, (Path) -> FileMap>(
        "Leasehold" to ::LeaseholdFileMap,
        "MapDB" to ::MapdbFileMap,
        "LMDB" to ::lmdbIn,
        "MVStore" to ::MvstoreFileMap,
    )

    init {
        context("a map has what was put last, and nothing else") {
            withData(contestants.keys) { name ->
                contestants.getValue(name)(tempdir().toPath().resolve("map")).use { map ->
                    val into = ByteArray(FileMap.VALUE_BYTES)
                    val value = ByteArray(FileMap.VALUE_BYTES)
                    for (round in 1..3) {
                        for (key in 0L until 500L) map.put(key, value.apply { fill((key + round).toByte()) })
                        for (key in 0L until 500L) {
                            val found = map.get(key, into)
                            found shouldBe ByteArray(FileMap.VALUE_BYTES) { (key + round).toByte() }
                        }
                        map.get(-1, into).shouldBeNull()
                        map.get(500, into).shouldBeNull()
                        map.commit()
                        map.get(0, into).shouldNotBeNull()[0] shouldBe round.toByte()
                    }
                }
            }
        }

        test("entries are found as they were put, and a value of another key is refused") {
            val kept = HashMap<Long, ByteArray>()
            val map = object : FileMap {
                override fun put(key: Long, value: ByteArray) {
                    kept[key] = value.clone()
                }

                override fun get(key: Long, into: ByteArray): ByteArray? = kept[key]

                override fun close() {}
            }
            val entries = Entries()
            repeat(Entries.COUNT) { entries.put(map) }
            kept.keys shouldBe (0L until Entries.COUNT).toSet()
            repeat(1000) { entries.get(map).size shouldBe FileMap.VALUE_BYTES }
            entries.miss(map).shouldBeTrue()
            kept.replaceAll { key, _ -> kept.getValue((key + 1) % Entries.COUNT) }
            shouldThrow<IllegalStateException> { entries.get(map) }.message shouldContain "or another's"
            kept.clear()
            shouldThrow<IllegalStateException> { entries.get(map) }.message shouldContain "has no value"
        }
    }
}
