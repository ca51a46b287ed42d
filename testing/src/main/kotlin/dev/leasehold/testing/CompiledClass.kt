package dev.leasehold.testing

import java.lang.classfile.AnnotationElement
import java.lang.classfile.AnnotationValue
import java.lang.classfile.AttributedElement
import java.lang.classfile.Attributes
import java.lang.classfile.ClassFile
import java.lang.classfile.ClassModel
import java.lang.classfile.FieldModel
import java.lang.classfile.MethodModel
import java.lang.classfile.attribute.InnerClassInfo
import java.nio.file.Path
import kotlin.jvm.optionals.getOrNull
import kotlin.metadata.KmClass
import kotlin.metadata.jvm.JvmFieldSignature
import kotlin.metadata.jvm.JvmMemberSignature
import kotlin.metadata.jvm.JvmMethodSignature
import kotlin.metadata.jvm.KotlinClassMetadata
import kotlin.metadata.jvm.Metadata
import kotlin.metadata.visibility

/**
 * A class file, and what Kotlin's metadata says of it.
 *
 * @property file where it is
 */
internal class CompiledClass(val file: Path) {
    val model: ClassModel = ClassFile.of().parse(file)

    /** As `dev/leasehold/memory/Block$Companion`. */
    val name: String = model.thisClass().asInternalName()

    /** Null for a class that Java compiled. */
    val metadata: KotlinClassMetadata? = model.kotlinMetadata()

    /** Null for anything but a class, an interface or an object. */
    val kotlinClass: KmClass? = (metadata as? KotlinClassMetadata.Class)?.kmClass

    /** The classes that this is in or has in it, and others that it mentions. */
    val nested: List<InnerClassInfo> = model.findAttribute(Attributes.innerClasses()).getOrNull()?.classes().orEmpty()

    private val nesting: InnerClassInfo? = nested.find { it.innerClass() == model.thisClass() }

    /** The class that this is a member of, or null. */
    val outerName: String? = nesting?.outerClass()?.getOrNull()?.asInternalName()

    val isLocal: Boolean get() = nesting != null && outerName == null

    /** As the source declares them: those of the class file itself know neither `protected` nor `private`. */
    val flags: Int get() = nesting?.flagsMask() ?: model.flags().flagsMask()

    /** Whether the source makes this API, as far as the classes around it allow. */
    val isDeclaredApi: Boolean
        get() = when (val metadata = metadata) {
            null -> true

            is KotlinClassMetadata.Class -> metadata.kmClass.visibility.isApi() || model.isPublished()

            is KotlinClassMetadata.FileFacade -> declarations().any { it.isApi }

            // Made of parts that are hidden themselves.
            is KotlinClassMetadata.MultiFileClassFacade -> true

            else -> false
        }

    /** The field in [outer] that holds this companion. */
    fun fieldIn(outer: CompiledClass): JvmMemberSignature =
        JvmFieldSignature(name.removePrefix("${outer.name}$"), "L$name;")
}

/** What the metadata calls this member. */
internal fun MethodModel.signature(): JvmMemberSignature =
    JvmMethodSignature(methodName().stringValue(), methodType().stringValue())

/** What the metadata calls this member. */
internal fun FieldModel.signature(): JvmMemberSignature =
    JvmFieldSignature(fieldName().stringValue(), fieldType().stringValue())

/** Whether an inline function of the public API may use this. */
internal fun AttributedElement.isPublished(): Boolean =
    findAttribute(Attributes.runtimeInvisibleAnnotations()).getOrNull()
        ?.annotations().orEmpty().any { it.className().equalsString("Lkotlin/PublishedApi;") }

private fun ClassModel.kotlinMetadata(): KotlinClassMetadata? =
    findAttribute(Attributes.runtimeVisibleAnnotations()).getOrNull()
        ?.annotations()?.find { it.className().equalsString("Lkotlin/Metadata;") }
        ?.let { KotlinClassMetadata.readStrict(metadataOf(it.elements())) }

private fun metadataOf(elements: List<AnnotationElement>): Metadata {
    val values = elements.associate { it.name().stringValue() to it.value() }
    return Metadata(
        kind = values["k"]?.int(),
        metadataVersion = values["mv"]?.all { it.int() }?.toIntArray(),
        data1 = values["d1"]?.all { it.text() }?.toTypedArray(),
        data2 = values["d2"]?.all { it.text() }?.toTypedArray(),
        extraString = values["xs"]?.text(),
        packageName = values["pn"]?.text(),
        extraInt = values["xi"]?.int(),
    )
}

private fun AnnotationValue.int(): Int = (this as AnnotationValue.OfInt).intValue()

private fun AnnotationValue.text(): String = (this as AnnotationValue.OfString).stringValue()

private fun <T> AnnotationValue.all(read: (AnnotationValue) -> T): List<T> =
    (this as AnnotationValue.OfArray).values().map(read)
