package dev.leasehold.memory.coroutines

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.dsl.MemoryScope
import dev.leasehold.testing.JavaProgram
import dev.leasehold.testing.KotlinCompiler
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.Job
import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.extension
import kotlin.reflect.KClass

/** That the oldest Kotlin of the root POM can use what is published, with the libraries of the published POMs. */
class ConsumerSpec : FunSpec() {
    private val program = Path.of("src/test/resources/consumer/Consumer.kt")
    private val oldest = jars(Path.of(System.getProperty("oldest-kotlin.folder")))
    private val compiler = KotlinCompiler(oldest)
    private val published =
        listOf(MemoryPool::class, MemoryScope::class, SuspendingPool::class, Job::class, Unit::class).map(::whereIs)

    private fun compile(classPath: List<Path>, output: Path): String =
        compiler.complaints(program, classPath, output, listOf("-jvm-target", System.getProperty("published.bytecode")))

    /** What the program writes when it has nothing but [classPath]. */
    private fun run(classPath: List<Path>): String = JavaProgram("consumer.ConsumerKt", classPath).run().output.trim()

    init {
        test("a program of the oldest supported Kotlin compiles without a warning, and runs") {
            val output = tempdir().toPath()
            compile(published, output) shouldBe ""
            run(published.plusElement(output)) shouldBe "799 cents, order 4711, 13312 bytes, 0 left"
        }

        test("with that Kotlin's own standard library, which Maven prefers when a user declares it, it does so too") {
            val older = published.dropLast(1).plusElement(oldest.single { "kotlin-stdlib" in "${it.fileName}" })
            val output = tempdir().toPath()
            compile(older, output) shouldBe ""
            run(older.plusElement(output)) shouldBe "799 cents, order 4711, 13312 bytes, 0 left"
        }

        test("beside classes that were compiled for the newest Kotlin it does not compile") {
            compile(published.plusElement(Path.of("target/test-classes")), tempdir().toPath()) shouldContain
                Regex("test-classes/META-INF/.*: error: module was compiled with an incompatible version of Kotlin")
        }
    }
}

private fun whereIs(type: KClass<*>): Path = Path.of(type.java.protectionDomain.codeSource.location.toURI())

private fun jars(folder: Path): List<Path> =
    Files.list(folder).use { files -> files.filter { it.extension == "jar" }.sorted().toList() }
