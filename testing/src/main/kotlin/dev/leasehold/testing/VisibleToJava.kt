package dev.leasehold.testing

import java.lang.classfile.ClassFile.ACC_BRIDGE
import java.lang.classfile.ClassFile.ACC_PROTECTED
import java.lang.classfile.ClassFile.ACC_PUBLIC
import java.lang.classfile.ClassFile.ACC_SYNTHETIC
import java.lang.constant.MethodTypeDesc
import java.lang.module.ModuleDescriptor
import java.nio.file.Files
import java.nio.file.Path
import javax.lang.model.SourceVersion
import kotlin.metadata.ClassKind
import kotlin.metadata.jvm.JvmFieldSignature
import kotlin.metadata.jvm.JvmMemberSignature
import kotlin.metadata.jvm.JvmMethodSignature
import kotlin.metadata.kind

/**
 * What the Java compiler offers a user of a module, held to what Kotlin's metadata calls public.
 *
 * Its sight is wider than Kotlin's: `internal` is public to it. [HideInternals] takes members out of it, and classes
 * leave it by moving to a package that is not exported.
 *
 * @param classes the folder of the module's class files
 * @param exported the packages that any module may use
 */
public class VisibleToJava(classes: Path, private val exported: Set<String>) {
    private val module = CompiledModule(classes)

    /** Fails with all that Java sees although it is not API. */
    public fun check() {
        val internals = internals()
        if (internals.isNotEmpty()) throw AssertionError("Java sees what is not API:\n${internals.joinToString("\n")}")
    }

    /**
     * The classes that Java sees although they are not API, and in those that are the members, as `package.Class` and
     * `package.Class.member(types)`. Of a class nothing more is listed.
     */
    public fun internals(): List<String> {
        val (api, rest) = module.classes.filter(::isVisible).partition(module::isApi)
        val outermost = rest.filter { module.outerOf(it)?.let(module::isApi) != false }
        return (outermost.map { it.name.replace('/', '.') } + api.flatMap(::internalMembers)).sorted()
    }

    private fun isVisible(type: CompiledClass): Boolean = type.packageName() in exported && !type.isLocal &&
        isVisible(module.flagsOf(type)) && module.outerOf(type)?.let(::isVisible) != false

    private fun isVisible(flags: Int) = flags and (ACC_PUBLIC or ACC_PROTECTED) != 0 && flags and ACC_SYNTHETIC == 0

    private fun internalMembers(type: CompiledClass): List<String> {
        if (type.metadata == null) return emptyList()
        val (api, rest) = declared(type).partition { it.isApi && it.isWritten }
        val known = api.map { it.member } + generated(type)
        val unknown = rest.map { it.member }.toSet()
        return visibleMembers(type).filter {
            it !in known &&
                (it in unknown || api.none { full -> full.mayBeCalledAs(it) })
        }
            .map { "${type.name.replace('/', '.')}.${it.inWords()}" }
    }

    /**
     * Without what has a name that cannot be written in Java, such as `getInt-impl`, and without bridges, which do what
     * a supertype declares.
     */
    private fun visibleMembers(type: CompiledClass): List<JvmMemberSignature> {
        val fields = type.model.fields().filter { isVisible(it.flags().flagsMask()) }.map { it.signature() }
        val methods = type.model.methods().filter { isVisible(it.flags().flagsMask()) }
            .filter { it.flags().flagsMask() and ACC_BRIDGE == 0 }.map { it.signature() }
        return (fields + methods).filter { it.name == "<init>" || SourceVersion.isIdentifier(it.name) }
    }

    /** The static forms of a companion's functions, and its constants, are in the class around it. */
    private fun declared(type: CompiledClass): List<Declaration> {
        val companion = module.companionOf(type)?.takeIf(module::isApi)
        return module.declarationsOf(type) + companion?.declarations().orEmpty()
    }

    /** What the Kotlin compiler adds to a class of this kind, and users may use. */
    private fun generated(type: CompiledClass): List<JvmMemberSignature> {
        val self = "L${type.name};"
        val companion = module.companionOf(type)?.takeIf(module::isApi)?.fieldIn(type)
        val ofKind = when (type.kotlinClass?.kind) {
            ClassKind.OBJECT -> listOf(JvmFieldSignature("INSTANCE", self))
            ClassKind.ENUM_CLASS -> constants(type) + OF_ENUM.map { JvmMethodSignature(it.first, it.second + self) }
            else -> emptyList()
        }
        return ALWAYS + ofKind + listOfNotNull(companion)
    }

    private fun constants(type: CompiledClass): List<JvmMemberSignature> =
        type.kotlinClass!!.kmEnumEntries.map { JvmFieldSignature(it.name, "L${type.name};") }

    public companion object {
        /** What the module whose tests run shows to Java, in the packages that it exports to all. */
        public fun ofThisModule(): VisibleToJava {
            val classes = Path.of("target/classes")
            val module = Files.newInputStream(classes.resolve("module-info.class")).use(ModuleDescriptor::read)
            return VisibleToJava(classes, module.exports().filterNot { it.isQualified }.map { it.source() }.toSet())
        }

        private val ALWAYS = listOf(
            JvmMethodSignature("equals", "(Ljava/lang/Object;)Z"),
            JvmMethodSignature("hashCode", "()I"),
            JvmMethodSignature("toString", "()Ljava/lang/String;"),
            JvmMethodSignature("getEntries", "()Lkotlin/enums/EnumEntries;"),
        )
        private val OF_ENUM = listOf("values" to "()[", "valueOf" to "(Ljava/lang/String;)")
    }
}

private fun CompiledClass.packageName(): String = name.substringBeforeLast('/').replace('/', '.')

/** As `close()`, `rent(long, boolean)` or `STATE`. */
private fun JvmMemberSignature.inWords(): String = name + if (this is JvmMethodSignature) parametersInWords() else ""

private fun JvmMethodSignature.parametersInWords(): String =
    MethodTypeDesc.ofDescriptor(descriptor).parameterList().joinToString(prefix = "(", postfix = ")") {
        it.displayName()
    }
