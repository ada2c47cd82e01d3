using System.Buffers.Binary;
using CsCheck;
using Glossa.Pipeline.Report;
using Glossa.Pipeline.Report.Events;
using Google.Protobuf;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Report;

[TestFixture]
internal sealed class EventFileTests
{
    // RFC 3720, appendix B.4, and the customary check value.
    [TestCase("313233343536373839", 0xE3069283u)]
    [TestCase("", 0u)]
    [TestCase("0000000000000000000000000000000000000000000000000000000000000000", 0x8A9136AAu)]
    [TestCase("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", 0x62A8AB43u)]
    [TestCase("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", 0x46DD794Eu)]
    public void Crc_KnownVectors(string hexadecimal, uint expected) =>
        Assert.That(Crc32C.Compute(Convert.FromHexString(hexadecimal)), Is.EqualTo(expected));

    [Test]
    public void Crc_AnyBytes_AgreesWithBitByBit() =>
        Gen.Byte.Array[0, 100].Sample(data => Crc32C.Compute(data) == BitByBit(data));

    [Test]
    public void Write_Curve_ReadsBackWithItsCheckSums()
    {
        using TemporaryFolder folder = new();
        IReadOnlyList<LearningCurvePoint> curve = SampleReport.Create(12).LearningCurve;
        string path = EventFile.Write(folder.Path, 1_700_000_000.25, curve, [new(curve[^1].Step, "evaluate/bits_per_byte", 2.25)]);

        Assert.That(Path.GetFileName(path), Is.EqualTo("events.out.tfevents.1700000000.glossa"));
        Event[] events = [.. Read(path)];
        Assert.That((events[0].Version, events[0].WallTime), Is.EqualTo(("brain.Event:2", 1_700_000_000.25)));
        Assert.That(events, Has.Length.EqualTo(curve.Count + 2));
        for (int i = 0; i < curve.Count; i++)
        {
            Assert.That(events[i + 1].Step, Is.EqualTo(curve[i].Step));
            Assert.That(events[i + 1].Scalars["train/loss"], Is.EqualTo((float)curve[i].Loss));
            Assert.That(events[i + 1].Scalars["train/gradient_norm"], Is.EqualTo((float)curve[i].GradientNorm));
            Assert.That(events[i + 1].Scalars["train/phase"], Is.EqualTo(curve[i].Phase));
            Assert.That(events[i + 1].WallTime, Is.GreaterThan(events[i].WallTime));
        }
        Assert.That(events[^1].Scalars, Is.EqualTo(new Dictionary<string, float> { ["evaluate/bits_per_byte"] = 2.25f }));
        double seconds = curve[^1].Tokens / 19_000.0;
        Assert.That(events[^1].WallTime - 1_700_000_000.25, Is.EqualTo(seconds).Within(0.1 * seconds));
    }

    [Test]
    public void Write_LongerCurve_BeginsWithTheShorterFile()
    {
        using TemporaryFolder folder = new();
        IReadOnlyList<LearningCurvePoint> curve = SampleReport.Create(12).LearningCurve;
        byte[] half = File.ReadAllBytes(EventFile.Write(folder.Path, 1000, [.. curve.Take(100)]));
        byte[] whole = File.ReadAllBytes(EventFile.Write(folder.Path, 1000, curve));
        Assert.That(whole.AsSpan(0, half.Length).SequenceEqual(half), Is.True);
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1));
    }

    [Test]
    public void Write_LargeStepAndForeignTag_Survive()
    {
        using TemporaryFolder folder = new();
        string tag = "évaluation/" + new string('x', 300);
        Event read = Read(EventFile.Write(folder.Path, 0, [], [new(long.MaxValue, tag, -1e-3)])).Last();
        Assert.That((read.Step, read.Scalars[tag]), Is.EqualTo((long.MaxValue, -1e-3f)));
    }

    private static IEnumerable<Event> Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        for (int at = 0; at < file.Length;)
        {
            int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at)));
            Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)), Is.EqualTo(Masked(file.AsSpan(at, 8))));
            Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + length)), Is.EqualTo(Masked(file.AsSpan(at + 12, length))));
            yield return Event.Parse(file[(at + 12)..(at + 12 + length)]);
            at += 16 + length;
        }
    }

    private static uint Masked(ReadOnlySpan<byte> data)
    {
        uint crc = BitByBit(data.ToArray());
        return unchecked(((crc >> 15) | (crc << 17)) + 0xA282EAD8u);
    }

    private static uint BitByBit(byte[] data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }
        return ~crc;
    }

    /// <summary>An event as Google's own reader of the wire format sees it.</summary>
    private sealed record Event(double WallTime, long Step, string Version, IReadOnlyDictionary<string, float> Scalars)
    {
        public static Event Parse(byte[] data)
        {
            (double wallTime, long step, string version, Dictionary<string, float> scalars) = (0, 0, "", []);
            CodedInputStream input = new(data);
            for (uint tag; (tag = input.ReadTag()) != 0;)
            {
                switch (tag)
                {
                    case (1 << 3) | 1: wallTime = input.ReadDouble(); break;
                    case 2 << 3: step = input.ReadInt64(); break;
                    case (3 << 3) | 2: version = input.ReadString(); break;
                    case (5 << 3) | 2: ReadSummary(input.ReadBytes().ToByteArray(), scalars); break;
                    default: throw new InvalidDataException($"field {tag}");
                }
            }
            return new(wallTime, step, version, scalars);
        }

        private static void ReadSummary(byte[] data, Dictionary<string, float> scalars)
        {
            CodedInputStream summary = new(data);
            while (summary.ReadTag() == ((1 << 3) | 2))
            {
                CodedInputStream value = new(summary.ReadBytes().ToByteArray());
                Assert.That(value.ReadTag(), Is.EqualTo((1 << 3) | 2));
                string name = value.ReadString();
                Assert.That(value.ReadTag(), Is.EqualTo((2 << 3) | 5));
                scalars.Add(name, value.ReadFloat());
            }
        }
    }
}
