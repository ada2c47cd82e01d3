using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Glossa.Training.Safetensors;
using NUnit.Framework;

namespace Glossa.Training.Tests.Safetensors;

public class SafetensorsTests
{
    private string _path = "";

    [SetUp]
    public void MakePath() => _path = Path.Combine(Path.GetTempPath(), $"glossa-{Guid.NewGuid():n}.safetensors");

    [TearDown]
    public void DeleteFile() => File.Delete(_path);

    [Test]
    public void WriteFile_AnyTensors_ReadsBackTheSame() =>
        Gen.Select(Gen.Single.Array[0, 40], Gen.Long.Array[0, 40], Gen.String).Sample((floats, integers, name) =>
        {
            string lone = string.Concat(name.EnumerateRunes());
            SafetensorsWriter.WriteFile(_path,
                [SafetensorsTensor.Floats("f" + lone, [floats.Length], floats), SafetensorsTensor.Int64s("i" + lone, [1, integers.Length], integers)],
                [new("key \"é\"", lone)]);
            using SafetensorsReader reader = SafetensorsReader.Open(_path);
            return reader.ReadFloats("f" + lone).Select(BitConverter.SingleToInt32Bits).SequenceEqual(floats.Select(BitConverter.SingleToInt32Bits))
                && reader.ReadInt64s("i" + lone).SequenceEqual(integers)
                && reader.Entry("i" + lone).Shape.SequenceEqual([1L, integers.Length])
                && reader.Metadata["key \"é\""] == lone;
        }, iter: 50, threads: 1);

    [Test]
    public void Open_PyTorchsFile_FindsEveryTensor()
    {
        using SafetensorsReader reader = Optimizers.Trajectories.Open();
        Assert.That(reader.Entries, Has.Count.EqualTo(3 + 30 + 6 * 2 * 3));
        Assert.That(reader.Entry("gradient.3.1").Shape, Is.EqualTo((long[])[16, 40]));
    }

    [Test]
    public void ReadFloats_HalfPrecision_Widens()
    {
        byte[] halves = [0x00, 0x3C, 0x00, 0xC0, 0x01, 0x00], brains = [0x80, 0x3F, 0x00, 0xC0, 0x80, 0x7F];
        WriteRaw("""{"h":{"dtype":"F16","shape":[3],"data_offsets":[0,6]},"b":{"dtype":"BF16","shape":[3],"data_offsets":[6,12]}}""", [.. halves, .. brains]);
        using SafetensorsReader reader = SafetensorsReader.Open(_path);
        Assert.That(reader.ReadFloats("h"), Is.EqualTo((float[])[1, -2, 5.9604645e-8f]));
        Assert.That(reader.ReadFloats("b"), Is.EqualTo((float[])[1, -2, float.PositiveInfinity]));
    }

    [Test]
    public void ReadFloats_IntegerTensor_IsRefused()
    {
        WriteRaw("""{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}""", new byte[8]);
        using SafetensorsReader reader = SafetensorsReader.Open(_path);
        Assert.That(() => reader.ReadFloats("a"), Throws.TypeOf<InputException>().With.Message.Contains("element type I64, expected F32"));
        Assert.That(() => reader.ReadFloats("b"), Throws.TypeOf<InputException>().With.Message.Contains("no tensor 'b'"));
    }

    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "overlaps")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, "belong to no tensor")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "the file has")]
    [TestCase("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", 8, "outside the 8 bytes")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}""", 4, "outside the 4 bytes")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "outside the 4 bytes")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "takes 8")]
    [TestCase("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "claims the shape [-1]")]
    [TestCase("""{"a":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,4]}}""", 4, "no valid safetensors header")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "two entries are called 'a'")]
    [TestCase("""{"a":{"dtype":"Q7","shape":[1],"data_offsets":[0,4]}}""", 4, "element type 'Q7'")]
    [TestCase("""{"a":{"dtype":"0","shape":[1],"data_offsets":[0,4]}}""", 4, "element type '0'")]
    [TestCase("""{"a":{"dtype":"F32","data_offsets":[0,4]}}""", 4, "lacks dtype, shape or data_offsets")]
    [TestCase("""{"a":7}""", 0, "no valid safetensors header")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "no valid safetensors header")]
    [TestCase("""{"__metadata__":{"k":1}}""", 0, "no string")]
    [TestCase("""[]""", 0, "no valid safetensors header")]
    [TestCase("""{"a" """, 0, "no valid safetensors header")]
    public void Open_HostileHeader_IsRefusedInOneLine(string header, int dataLength, string expected)
    {
        WriteRaw(header, new byte[dataLength]);
        InputException e = Assert.Throws<InputException>(() => SafetensorsReader.Open(_path).Dispose())!;
        Assert.That(e.Message, Does.StartWith(_path).And.Contain(expected));
        Assert.That(e.Message, Does.Not.Contain('\n'));
    }

    [TestCase(ulong.MaxValue)]
    [TestCase(1UL << 40)]
    [TestCase(0UL)]
    public void Open_ImpossibleHeaderLength_IsRefused(ulong length)
    {
        byte[] file = new byte[64];
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        File.WriteAllBytes(_path, file);
        Assert.That(() => SafetensorsReader.Open(_path), Throws.TypeOf<InputException>().With.Message.Contains("at most 56 are possible"));
    }

    [Test]
    public void Open_RandomBytes_NeverThrowsAnythingElse() =>
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            if (bytes.Length >= 8) BinaryPrimitives.WriteUInt64LittleEndian(bytes, bytes[0]);
            File.WriteAllBytes(_path, bytes);
            Assert.That(() => SafetensorsReader.Open(_path), Throws.TypeOf<InputException>());
        }, iter: 100, threads: 1);

    [Test]
    public void Open_MissingFile_SaysSo() =>
        Assert.That(() => SafetensorsReader.Open(_path), Throws.TypeOf<InputException>().With.Message.Contains("no such safetensors file"));

    [Test]
    public void Write_TwoTensorsOfOneName_IsRefused() =>
        Assert.That(() => SafetensorsWriter.Write(Stream.Null, [SafetensorsTensor.Floats("a", [1], new float[1]), SafetensorsTensor.Floats("a", [1], new float[1])]),
            Throws.ArgumentException);

    private void WriteRaw(string header, byte[] data)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(header), length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)bytes.Length);
        File.WriteAllBytes(_path, [.. length, .. bytes, .. data]);
    }
}
