package dev.leasehold.testing

import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.ints.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe
import java.net.URLClassLoader
import java.nio.file.Path
import kotlin.io.path.fileSize
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.readBytes

class HideInternalsSpec : FunSpec() {
    private val compiled = Path.of("target/test-classes")
    private val fixture = HIDDEN_FIXTURE.replace('.', '/')

    private fun copyOfFixture(): Path {
        val copy = tempdir().toPath()
        check(compiled.resolve(fixture).toFile().copyRecursively(copy.resolve(fixture).toFile()))
        return copy
    }

    private fun hidden(): Path = copyOfFixture().also { HideInternals.main(arrayOf("$it")) }

    /** The bits that differ, for each byte that does. */
    private fun differences(before: Path, after: Path): List<Int> {
        val pairs = before.readBytes().zip(after.readBytes())
        pairs.size.toLong() shouldBe before.fileSize()
        return pairs.map { (old, new) -> old.toInt() xor new.toInt() }.filter { it != 0 }
    }

    init {
        test("afterwards Java sees no internal member and no internal class in a class") {
            VisibleToJava(hidden(), setOf(HIDDEN_FIXTURE)).internals().map { it.removePrefix("$HIDDEN_FIXTURE.") }
                .shouldContainExactlyInAnyOrder(UNHIDEABLE)
        }

        test("the Java compiler agrees") {
            val internals = listOf(
                "new Account(\"me\");",
                "new Account.Receipt(1);",
                "new Owner(\"me\");",
                "Account.Draft draft;",
                "int fee = Account.FEE + Account.RATES.size();",
                "account.audit\$testing();",
                "account.setBalance\$testing(account.limit);",
                "String note = account.note;",
                "int lines = Ledger.PAGE + Bank.CODE;",
                "Ledger.blank\$testing();",
                "Ledger.Companion.blank\$testing();",
                "AccountKt.secretAccountOf(\"me\");",
            )
            val after = hidden()
            internals.filter { compilesInJava(it, compiled, tempdir().toPath()) } shouldBe internals
            internals.filter { compilesInJava(it, after, tempdir().toPath()) } shouldBe emptyList()
        }

        test("the API is as visible as before") {
            val api = listOf(
                "new Account(new Owner(\"me\", 40)).pay(1);",
                "account.pay(1, \"rent\", true);",
                "long sum = account.getNeeded() + account.add(1);",
                "int level = account.getLevel() + Ledger.LINES;",
                "Ledger ledger = Ledger.open(); ledger = Ledger.Companion.open();",
                "String name = Bank.INSTANCE.name() + Currency.EURO + AccountKt.accountOf(\"me\").getOwner();",
                "new Safe();",
            )
            val after = hidden()
            api.filter { compilesInJava(it, after, tempdir().toPath()) } shouldBe api
        }

        test("nothing but that one flag changes, and the classes run") {
            val after = hidden()
            val changed = compiled.resolve(fixture).listDirectoryEntries()
                .flatMap { differences(it, after.resolve(compiled.relativize(it))) }
            changed.toSet() shouldBe setOf(0x10)
            changed.size shouldBeGreaterThanOrEqual HIDDEN_MEMBERS.size
            val loader = URLClassLoader(arrayOf(after, KOTLIN).map { it.toUri().toURL() }.toTypedArray(), null)
            val file = loader.loadClass("$HIDDEN_FIXTURE.AccountKt")
            val account = file.getMethod("accountOf", String::class.java).invoke(null, "me")
            account.javaClass.getMethod("getOwner").invoke(account) shouldBe "me"
        }

        test("a second time there is nothing left to do") {
            val folder = copyOfFixture()
            HideInternals.hideIn(folder) shouldBeGreaterThan 0
            HideInternals.hideIn(folder) shouldBe 0
        }
    }
}
