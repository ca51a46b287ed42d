package dev.leasehold.testing

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.nio.file.Path

class BusyNeighboursSpec : FunSpec() {
    init {
        test("busy neighbours burn, until they are closed") {
            val neighbours = BusyNeighbours.start()
            neighbours.use {
                it.isThere shouldBe true
                await("they have run for a second") { it.burnt > 1_000_000_000 }
            }
            neighbours.isThere shouldBe false
        }

        test("they end with whoever started them, also where that was killed") {
            val end = JavaProgram(KilledMain::class.java.name, classPath()).run()
            end.exitCode shouldBe KilledMain.CODE
            val id = end.output.trim().toLong()
            await("process $id has ended") { ProcessHandle.of(id).map { !it.isAlive }.orElse(true) }
        }
    }

    private fun classPath() = (System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path"))
        .split(System.getProperty("path.separator")).map { Path.of(it) }
}

/** Starts busy neighbours, says which, and ends without a chance to close them. */
internal object KilledMain {
    const val CODE = 7

    @JvmStatic
    fun main(args: Array<String>) {
        println(BusyNeighbours.start().id)
        Runtime.getRuntime().halt(CODE)
    }
}
